/** Addresses of people, who are told apart by nothing else: what is one, and which two are the same. */

/**
 * The one form of an address, or `undefined` for what is none. Everything that is kept or compared by an address uses
 * this form, so that whoever comes in, by whatever way, is one owner.
 */
export function readEmail(text: string): string | undefined {
  const email = canonicalEmail(text)
  return isEmail(email) ? email : undefined
}

/**
 * Domains are the same in upper and lower case. What stands before the @ is its own domain's business (RFC 5321,
 * 2.4), and two people could have what only seems to be one address: its case stays. A letter that was typed as one
 * sign or as two is the same letter to everybody (RFC 6532, 3.1: NFC).
 */
export function canonicalEmail(text: string): string {
  const at = text.lastIndexOf('@')
  return (text.slice(0, at) + text.slice(at).toLowerCase()).normalize('NFC')
}

/**
 * Letters of any script, so that 김민지@예시.한국 is an address; lengths after RFC 5321. Whether a path can be made
 * of it is not asked here: the storage makes safe keys of whatever comes.
 */
function isEmail(value: string): boolean {
  const [local = '', domain = '', ...more] = value.split('@')
  if (more.length > 0 || Buffer.byteLength(local) > 64 || Buffer.byteLength(value) > 254) return false
  const labels = domain.split('.')
  return (
    /^[^\s\p{C}.()<>[\]\\,;:"]+(\.[^\s\p{C}.()<>[\]\\,;:"]+)*$/u.test(local) &&
    labels.length > 1 &&
    labels.every((label) => /^[\p{L}\p{N}\p{M}]([\p{L}\p{N}\p{M}-]*[\p{L}\p{N}\p{M}])?$/u.test(label))
  )
}
