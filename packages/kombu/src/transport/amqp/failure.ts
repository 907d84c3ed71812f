/** What amqplib's errors mean, in this package's words. */
import { ChannelError, InvalidValueError, OperationalError } from '../../exceptions.ts'
import type { ConnectionUrl } from '../../url.ts'

/** AMQP's `internal-error`, for a channel that amqplib closed without a code of the broker's. */
const INTERNAL_ERROR = 541

/** The broker's own sentence, without what amqplib wraps around it. */
function brokerText(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return /with message "(.*)"$/s.exec(text)?.[1] ?? text
}

/** Why an attempt to connect failed. */
export function connectFailure(error: unknown, url: ConnectionUrl): string {
  const text = brokerText(error)
  if (text.startsWith('ACCESS_REFUSED')) {
    return `the broker refused user ${JSON.stringify(url.user ?? 'guest')} or its password (${text})`
  }
  // The broker answers a request for a virtual host by closing the connection; amqplib hides its words.
  if (text.startsWith('Expected ConnectionOpenOk')) {
    const vhost = JSON.stringify(url.virtualHost ?? '/')
    return `the virtual host ${vhost} does not exist, or user ${JSON.stringify(url.user ?? 'guest')} may not use it`
  }
  if (error instanceof AggregateError && !text) {
    return error.errors.map((each) => brokerText(each)).join(', ')
  }
  return text
}

export function connectionLoss(error: unknown, address: string): OperationalError {
  return new OperationalError(`the connection to ${address} was lost: ${brokerText(error)}`, { cause: error })
}

export function channelRefusal(error: Error & { readonly code?: unknown }): ChannelError {
  const code = typeof error.code === 'number' ? error.code : INTERNAL_ERROR
  return new ChannelError(`the broker refused (${code}): ${brokerText(error)}`, code, { cause: error })
}

/** amqplib throws ordinary errors at values that have no place in a frame, before it sends anything. */
export function badValue(error: unknown): InvalidValueError {
  return new InvalidValueError(`AMQP cannot carry this, nothing was sent: ${brokerText(error)}`, {
    cause: error,
  })
}
