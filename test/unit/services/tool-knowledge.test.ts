import { expect, it } from 'vitest'
import { forgetChanged } from '../../../src/services/tool-knowledge.ts'

function forgottenBy(topic: string | undefined): string[] {
  const forgotten: string[] = []
  const shelf = (name: string) => ({ forget: () => void forgotten.push(name) })
  forgetChanged(topic === undefined ? undefined : { topic, id: 'id-1' }, {
    directory: shelf('directory'),
    savedQueries: shelf('saved queries')
  })
  return forgotten
}

it.each<[string | undefined, string[]]>([
  [undefined, ['saved queries', 'directory']],
  ['nautobot.create.extras.graphqlquery', ['saved queries']],
  ['nautobot.delete.extras.graphqlquery', ['saved queries']],
  ['nautobot.create.extras.customfield', ['directory']],
  ['nautobot.update.extras.customfieldchoice', ['directory']],
  ['nautobot.create.extras.relationship', ['directory']],
  ['nautobot.update.extras.status', ['directory']],
  ['nautobot.update.users.objectpermission', ['directory']],
  ['nautobot.update.nautobot_ai_ops.llmmodel', []],
  ['nautobot.users.user.logout', []]
])('forgets after %s: %j', (topic, expected) => {
  expect(forgottenBy(topic)).toEqual(expected)
})
