/** Addresses, as a person would recognise them in running text. */

/** The full stop or bracket behind an address belongs to the sentence. */
const NO_MARK_AT_END = String.raw`(?<![.,!?:;'")\]}]{1})`

export const EMAIL =
  /(?<![A-Za-z0-9._%+-])[A-Za-z0-9](?:[A-Za-z0-9._%+-]{0,62}[A-Za-z0-9_])?@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9-])/gu

/** Who speaks of `https` and `www` bores the listener, and nobody types what stands behind `?` and `#` by ear. */
export const WEB_ADDRESS = new RegExp(
  String.raw`(?<![A-Za-z0-9])(?:https?:\/\/(?:www\.)?|www\.)(?<host>[A-Za-z0-9.-]{1,253})(?::\d{1,5})?(?<path>\/[\w\-.~/%+@!,]*)?(?:[?#][\w\-.~/%+@!,=&?#;:]*)?${NO_MARK_AT_END}`,
  'gu',
)

/** Without a scheme, when it ends as only addresses do. */
export const HOST = new RegExp(
  String.raw`(?<![A-Za-z0-9@.-])(?:[A-Za-z0-9][A-Za-z0-9-]{0,62}\.){1,4}(?:com|net|org|kr|io|ai|dev|app|gov|edu|jp)(?![A-Za-z0-9-]|\.[A-Za-z])(?:\/[\w\-.~/%+]*)?${NO_MARK_AT_END}`,
  'gu',
)
