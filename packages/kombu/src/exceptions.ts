/** Every error this package throws on purpose. Each class says what is true of the world once it is thrown. */
export class KombuError extends Error {
  override name = this.constructor.name
}

/** The broker cannot be reached or was lost: nothing on this connection works any more, and a new connection may. */
export class OperationalError extends KombuError {}

/** The broker refused an operation and closed the channel; the connection lives, the channel's consumers are gone. */
export class ChannelError extends KombuError {
  /** AMQP 0-9-1 reply code, such as 404 (not found), 405 (locked) or 406 (declared with other arguments). */
  readonly code: number

  constructor(message: string, code: number, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** A `mandatory` message reached the exchange and no queue was bound for its routing key: nobody has it. */
export class UnroutableError extends KombuError {}

/** A value was refused by a rule of this package; nothing was sent. */
export class InvalidValueError extends KombuError {}

/** A message was settled a second time; the first settlement stands. */
export class MessageStateError extends KombuError {}

/** A body could not be turned into bytes, or bytes into a value. */
export class SerializationError extends KombuError {}

/** The value cannot be written in the chosen serializer; nothing was sent. */
export class EncodeError extends SerializationError {}

/** The bytes are not what their content type says; the message is still unsettled. */
export class DecodeError extends SerializationError {}

/** The content type is not in `accept` (pickle never is by default); the body was not looked at. */
export class ContentDisallowed extends SerializationError {}
