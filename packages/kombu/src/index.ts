export { type ResolvedRetryPolicy, type RetryPolicy, retry } from './backoff.ts'
export { Broadcast } from './broadcast.ts'
export { LamportClock } from './clocks.ts'
export { Connection, type ConnectionOptions, type EnsureOptions } from './connection.ts'
export { Consumer, type ConsumerCallback, type ConsumerOptions } from './consumer.ts'
export { DeadLetters, type DeadLettersOptions } from './dead-letter.ts'
export {
  Exchange,
  type ExchangeOptions,
  maybeDeclare,
  Queue,
  type QueueBinding,
  type QueueOptions,
} from './entity.ts'
export * from './exceptions.ts'
export type { FailoverStrategy } from './failover.ts'
export { type DeliveryInfo, Message } from './message.ts'
export { ConsumerMixin, type RunOptions } from './mixins.ts'
export { type Handler, type Handlers, type Listening, NO_REPLY, type Node, type NodeOptions } from './node.ts'
export { type ReadOptions, readPayload } from './payload.ts'
export { type CallOptions, type CastOptions, Mailbox, type MailboxOptions, type Reply } from './pidbox.ts'
export { Producer, type ProducerOptions, type PublishMessageOptions } from './producer.ts'
export { Decimal, PlainDate, PlainTime } from './python-values.ts'
export { registry, type Serialized, type Serializer, SerializerRegistry } from './serialization.ts'
export { type SslOptions, tlsOptionsOf } from './tls.ts'
export type {
  Channel,
  Delivery,
  ExchangeType,
  LoginMethod,
  MessageProperties,
  Payload,
  QueueStatus,
  Transport,
} from './transport/base.ts'
export { schemes } from './transport/index.ts'
export { type ConnectionUrl, maskUrl, parseUrl } from './url.ts'
export { uuid } from './uuid.ts'
