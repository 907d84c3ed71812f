/** Signs that are seen and not said, in every language; and letters in the forms that only type-setters know. */
import { type Rule, rule } from './rule.ts'

/** Full-width letters and digits, squared units such as ㎏, numbers in circles, Roman numerals as one character, ½. */
const COMPATIBILITY =
  /[\uff01-\uff5e\uffe0-\uffe6\u3250-\u32fe\u3371-\u33df\u2460-\u24ea\u2100-\u2109\u2113\u2116\u2121\u2126\u2150-\u217f\u00bc-\u00be\u2080-\u2089]+/gu

export const COMPATIBILITY_FORMS: readonly Rule[] = [
  rule(
    /(?<=\d)[\u00bc-\u00be\u2150-\u215e]/gu,
    ([sign]) => ` ${sign.normalize('NFKC').replace('\u2044', '/')}`,
  ),
  rule(COMPATIBILITY, ([signs]) => signs.normalize('NFKC').replaceAll('\u2044', '/')),
]

/** Markdown, and faces made of signs: people see them, and nobody reads them out. */
export const SILENT_MARKS: readonly Rule[] = [
  rule(/^(?:#{1,6} +|> +|[-*+•‣◦▪■□○●◆◇▶▷※☆★] ?(?=[^\s\d]) *|- +)/gu, () => ''),
  rule(/!?\[([^\][]{1,200})\]\([^()\s]{1,300}\)/gu, ([, label]) => label),
  rule(/\*{2,3}|~~|`{1,3}|_{2,}/gu, () => ''),
  rule(/(?<![\p{L}\p{N}])[:;=8]['’]?-?[)(DPpOo3|/\\*](?![\p{L}\p{N}/])/gu, () => ''),
  rule(/(?<![\p{L}\p{N}])(?:\^[_.-]?\^|[TtQ]_[TtQ]|-_+-|>_<|[oO]_[oO])(?:;+)?/gu, () => ''),
  rule(/;{2,}|\^{2,}/gu, () => ''),
]

/** What the rules before have left: blanks before marks, and blanks in a row. */
export const TIDY_BLANKS: readonly Rule[] = [
  rule(/ {2,}/gu, () => ' '),
  rule(/ (?=[.,!?;:…)\]}’”」』]{1,8}(?: |$))/gu, () => ''),
  rule(/^ +| +$/gu, () => ''),
]
