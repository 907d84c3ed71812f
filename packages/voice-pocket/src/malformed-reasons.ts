/**
 * Why a message can never be served, however often it is delivered. The code is on the wire (a header of the
 * dead letter, `error.reason` of the notice), so a code is never renamed; docs/messages.md prints this table.
 */
export const MALFORMED_REASONS = {
  unsupported_content_type: 'The content type is not JSON, text or bytes; the body was not looked at.',
  unsupported_encoding: 'The charset, content encoding or compression is not one that is read here.',
  body_too_large: 'The body is larger than a text of the allowed length can need.',
  empty_body: 'There are no bytes.',
  wrong_encoding: 'The bytes are not text in the charset they claim (UTF-8 when they claim none).',
  not_json: 'The text is not JSON.',
  not_an_object: 'The JSON is not an object.',
  missing_field: 'A required field is absent or null.',
  unknown_type: 'Nobody here handles this `type`.',
  invalid_uuid: '`uuid` is not written as 8-4-4-4-12 hexadecimal digits, or is all zeros.',
  invalid_email: 'An address is not one that e-mail could be sent to.',
  ambiguous_email: 'Both `email` and `requestFrom`/`requestTo` are there, and do not agree.',
  empty_text: 'The text has nothing but blanks and invisible characters.',
  text_too_long: 'The text is longer than allowed (100,000 characters unless configured).',
  invalid_text: 'The text has half of a character (a lone surrogate).',
  invalid_ssml: 'The text is said to be SSML, and is not, or has what is not spoken; the detail says where.',
  invalid_option: 'An optional field has the wrong type or is out of bounds.',
  uuid_taken:
    'The uuid is that of another request, or in the Redis that is the index its key belongs to something else.',
  not_permitted:
    'Who sent it to the broker may not ask in the name of this `requestFrom` (`VOICE_POCKET_SENDERS`).',
  no_grant: 'The owner of the enrolled voice (`requestTo`) has not granted its use to `requestFrom`.',
  invalid_recording: 'A recording cannot become a voice; the detail says why, and what to do.',
  voice_conflict: 'There is a voice for this address already, or it is being enrolled or deleted.',
  invalid_field: 'A required field has the wrong type.',
} as const

export type MalformedReason = keyof typeof MALFORMED_REASONS
