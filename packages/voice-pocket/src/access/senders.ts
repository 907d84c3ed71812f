import { canonicalEmail } from '../email.ts'
import type { MessageSender } from '../exceptions.ts'
import { MalformedMessageError } from '../exceptions.ts'

/** For whom each user of the broker may send. */
export type SenderRules = ReadonlyMap<string, readonly RegExp[]>

export const SENDERS_RULE =
  'rules such as erp=*;chat=*@example.com,minji@example.org: a user of the broker, =, and addresses'

/** `undefined` when the text breaks `SENDERS_RULE`. A user who is named twice has both. */
export function parseSenders(text: string): SenderRules | undefined {
  const rules = new Map<string, RegExp[]>()
  for (const rule of text.split(';').map((each) => each.trim())) {
    const [, user, list] = /^([^\s=;,]+)=(.+)$/.exec(rule) ?? []
    const patterns = list?.split(',').map((each) => each.trim())
    if (user === undefined || !patterns?.every(isPattern)) return undefined
    rules.set(user, [...(rules.get(user) ?? []), ...patterns.map(toRegExp)])
  }
  return rules
}

/**
 * @param userId the `user_id` of the message, which the broker has compared with who sent it; a message without one
 * comes from nobody
 * @throws MalformedMessageError where the rules do not let this user of the broker ask in this person's name
 */
export function assertSenderMay(rules: SenderRules, userId: string | undefined, sender: MessageSender): void {
  const { requestFrom } = sender
  const patterns = userId === undefined ? [] : (rules.get(userId) ?? [])
  if (requestFrom !== undefined && matches(patterns, requestFrom)) return
  const who = userId === undefined ? 'A message without user_id' : `The user ${userId} of the broker`
  const detail = `${who} may not ask for anything in the name of ${requestFrom}; VOICE_POCKET_SENDERS says who may.`
  throw new MalformedMessageError('not_permitted', detail, sender)
}

function matches(patterns: readonly RegExp[], email: string): boolean {
  return patterns.some((pattern) => pattern.test(canonicalEmail(email)))
}

const isPattern = (text: string) => /^[^\s]+$/.test(text) && (text.includes('@') || text === '*')

/** A star never reaches over the @. */
function toRegExp(pattern: string): RegExp {
  if (pattern === '*') return /^/
  const pieces = canonicalEmail(pattern).split('*')
  const source = pieces.map((piece) => piece.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('[^@]*')
  return new RegExp(`^${source}$`, 'u')
}
