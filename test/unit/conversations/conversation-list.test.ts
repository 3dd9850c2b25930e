import { testConversationList } from '../../support/conversation-list-suite.ts'
import { createMemoryConversations } from '../../support/memory-conversations.ts'

testConversationList(createMemoryConversations)
