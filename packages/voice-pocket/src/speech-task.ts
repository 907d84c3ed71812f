/**
 * The task `text_to_speech` as a call: its name, how a request becomes its arguments, and how arguments become a
 * request again. Who calls it (the input consumer, HTTP, a Python client) and what it does are elsewhere.
 */
import { z } from 'zod'
import { InvalidRequestError } from './exceptions.ts'
import { checkMarkup, emailField, type SpeechRequest, textField, uuidField } from './messages.ts'
import { requestOptions, type SpeechOptions } from './request-options.ts'
import type { InputType } from './text/input-type.ts'

/** On the wire since the first version of the service: it never changes. */
export const TEXT_TO_SPEECH = 'text_to_speech'

/** What becomes of a long text: many of the first, and at the end one of the second. */
export const SPEAK_PART = 'speak_part'
export const JOIN_SPEECH = 'join_speech'

/** Keyword arguments of the task, by the names of its parameters. */
export function toKwargs({
  uuid,
  requestTo,
  requestFrom,
  text,
  inputType,
  options,
  priority,
}: SpeechRequest): Record<string, unknown> {
  const markup = inputType !== undefined && { input_type: inputType }
  const urgency = priority !== undefined && { priority }
  return { uuid, email: requestTo, text, requestFrom, ...markup, ...options, ...urgency }
}

/** The parameters after the three positional ones. */
export interface MoreParameters extends SpeechOptions {
  readonly input_type?: InputType
  /** Who asked; the owner of the voice unless given. */
  readonly requestFrom?: string
  /** Of what becomes of it: its parts, and the end of it. The call itself is where its own message's `priority` puts it. */
  readonly priority?: number
}

/**
 * What the task was asked for.
 * @throws InvalidRequestError: a client may call the task directly, so it trusts its arguments no more than a message.
 */
export function toRequest(
  { uuid, email, text, more }: { uuid: unknown; email: unknown; text: unknown; more: unknown },
  maxTextLength: number,
): SpeechRequest {
  const schema = z
    .strictObject({
      uuid: uuidField,
      email: emailField,
      text: textField(maxTextLength),
      requestFrom: emailField.optional(),
      ...requestOptions,
    })
    .superRefine(checkMarkup)
  const parsed = schema.safeParse({ ...(more as object), uuid, email, text })
  if (!parsed.success) {
    throw new InvalidRequestError(
      parsed.error.issues
        .map((issue) => `${issue.path.join('.') || TEXT_TO_SPEECH}: ${issue.message}`)
        .join('; '),
    )
  }
  const {
    uuid: id,
    email: requestTo,
    text: checkedText,
    requestFrom = requestTo,
    input_type: inputType,
    priority,
    ...options
  } = parsed.data
  return {
    type: 'ETL',
    uuid: id,
    requestFrom,
    requestTo,
    text: checkedText,
    options: options as SpeechOptions,
    ...(inputType !== undefined && { inputType }),
    ...(priority !== undefined && { priority }),
  }
}

/** Whom a call of the task is about, as far as its arguments tell; `undefined` where they do not. */
export function subjectOf(
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
): { uuid: string; requestFrom: string; requestTo: string } | undefined {
  const [uuid = kwargs.uuid, email = kwargs.email, , more = kwargs] = args
  const { requestFrom = email } = (more ?? {}) as MoreParameters
  const parsed = z.object({ uuid: uuidField, requestTo: emailField, requestFrom: emailField }).safeParse({
    uuid,
    requestTo: email,
    requestFrom,
  })
  return parsed.success ? parsed.data : undefined
}
