import { testConversationBranches } from '../../support/conversation-branches-suite.ts'
import { createMemoryConversations } from '../../support/memory-conversations.ts'

testConversationBranches(createMemoryConversations)
