/**
 * Spelling Korean as it sounds, for engines that read letter by letter: 국물 as 궁물, 신라 as 실라, 같이 as 가치. By the
 * 표준 발음법 of 국립국어원, and only the rules that such engines (eSpeak NG) lack: they know liaison (제13항),
 * tensification (제23항) and the finals of clusters (제10항, 제11항). Word by word, never over a blank.
 */
import { oneOf, type Rule, rule } from '../rule.ts'
import { compose, decompose, FINALS, INITIALS, type Syllable, VOWELS } from './syllable.ts'

/** ㄴ that is added between the parts of a compound (제29항), and parts that keep their own sound (제15항). */
const COMPOUNDS: Readonly<Record<string, string>> = {
  십육: '심뉵',
  백육: '뱅뉵',
  천육: '천뉵',
  만육: '만뉵',
  꽃잎: '꼰닙',
  깻잎: '깬닙',
  나뭇잎: '나문닙',
  서울역: '서울력',
  한여름: '한녀름',
  물약: '물략',
  알약: '알략',
  솜이불: '솜니불',
  홑이불: '혼니불',
  밭이랑: '반니랑',
  색연필: '생년필',
  식용유: '시굥뉴',
  휘발유: '휘발류',
  담요: '담뇨',
  내복약: '내봉냑',
  늑막염: '능망념',
  맨입: '맨닙',
  영업용: '영엄뇽',
  헛웃음: '허두슴',
  첫인상: '처딘상',
  맛없: '마덥',
  값어치: '가버치',
  맏형: '마텽',
  의견란: '의견난',
  임진란: '임진난',
  생산량: '생산냥',
  결단력: '결딴녁',
  공권력: '공꿘녁',
  판단력: '판단녁',
  동원령: '동원녕',
  상견례: '상견녜',
  횡단로: '횡단노',
  이원론: '이원논',
  음운론: '음운논',
  입원료: '이붠뇨',
  구근류: '구근뉴',
  온라인: '온나인',
  신문로: '신문노',
}

const NASALS: Readonly<Record<string, string>> = {
  ㄱ: 'ㅇ',
  ㄲ: 'ㅇ',
  ㅋ: 'ㅇ',
  ㄳ: 'ㅇ',
  ㄺ: 'ㅇ',
  ㄷ: 'ㄴ',
  ㅅ: 'ㄴ',
  ㅆ: 'ㄴ',
  ㅈ: 'ㄴ',
  ㅊ: 'ㄴ',
  ㅌ: 'ㄴ',
  ㅎ: 'ㄴ',
  ㅂ: 'ㅁ',
  ㅍ: 'ㅁ',
  ㄿ: 'ㅁ',
  ㅄ: 'ㅁ',
}
/** Of finals that end in ㄹ: what is left of them before ㄴ, which becomes ㄹ (제20항). */
const LATERALS = 'ㄹㅀㄾ'

/** A final, what follows it, and what both become. */
interface Pair {
  readonly final: string
  readonly initial: string
  readonly vowel: string
}

export const SOUND_CHANGES: readonly Rule[] = [
  rule(new RegExp(oneOf(Object.keys(COMPOUNDS)), 'gu'), ([word]) => COMPOUNDS[word]),
  rule(/[가-힣]{2,}/gu, ([word]) => asItSounds(word)),
]

function asItSounds(word: string): string {
  const syllables = [...word].map((character) => decompose(character))
  for (let index = 0; index + 1 < syllables.length; index++) {
    const [first, second] = [syllables[index], syllables[index + 1]]
    if (first === undefined || second === undefined) continue
    const pair = {
      final: FINALS[first.final] ?? ' ',
      initial: INITIALS[second.initial] ?? '',
      vowel: VOWELS[second.vowel] ?? '',
    }
    const changed = palatalised(pair) ?? aspirated(pair) ?? nasalised(pair, word[index] ?? '')
    if (changed === undefined) continue
    syllables[index] = withFinal(first, changed.final)
    syllables[index + 1] = withBeginning(second, changed)
  }
  return syllables.map((syllable) => (syllable === undefined ? '' : compose(syllable))).join('')
}

/** 제17항: 굳이 구지, 같이 가치, 붙여 부쳐, 닫히다 다치다. */
function palatalised({ final, initial, vowel }: Pair): Pair | undefined {
  if (vowel !== 'ㅣ' && vowel !== 'ㅕ') return undefined
  if (final === 'ㄷ' && initial === 'ㅎ')
    return { final: ' ', initial: 'ㅊ', vowel: vowel === 'ㅕ' ? 'ㅓ' : vowel }
  if (initial !== 'ㅇ') return undefined
  if (final === 'ㅌ') return { final: ' ', initial: 'ㅊ', vowel: vowel === 'ㅕ' ? 'ㅓ' : vowel }
  if (final === 'ㄾ') return { final: 'ㄹ', initial: 'ㅊ', vowel: vowel === 'ㅕ' ? 'ㅓ' : vowel }
  return final === 'ㄷ' && vowel === 'ㅣ' ? { final: ' ', initial: 'ㅈ', vowel } : undefined
}

/** 제12항: 못하다 모타다, 맏형 마텽, 맞히다 마치다. */
function aspirated({ final, initial, vowel }: Pair): Pair | undefined {
  if (initial !== 'ㅎ') return undefined
  if ('ㄷㅅㅊㅌ'.includes(final)) return { final: ' ', initial: 'ㅌ', vowel }
  return final === 'ㅈ' ? { final: ' ', initial: 'ㅊ', vowel } : undefined
}

/** 제18항 국물 궁물, 제19항 독립 동닙 and 종로 종노, 제20항 신라 실라 and 칼날 칼랄. */
function nasalised({ final, initial, vowel }: Pair, syllable: string): Pair | undefined {
  const nasal = NASALS[final]
  if (initial === 'ㄴ' || initial === 'ㅁ') {
    if (nasal !== undefined) return { final: nasal, initial, vowel }
    if (final === 'ㄼ' && syllable === '밟') return { final: 'ㅁ', initial, vowel }
    if (initial === 'ㅁ') return undefined
    if (final === 'ㄶ') return { final: 'ㄴ', initial, vowel }
    return LATERALS.includes(final) || final === 'ㄼ' ? { final: 'ㄹ', initial: 'ㄹ', vowel } : undefined
  }
  if (initial !== 'ㄹ') return undefined
  if (final === 'ㄴ') return { final: 'ㄹ', initial, vowel }
  if (nasal !== undefined) return { final: nasal, initial: 'ㄴ', vowel }
  return final === 'ㅁ' || final === 'ㅇ' ? { final, initial: 'ㄴ', vowel } : undefined
}

function withFinal(syllable: Syllable, final: string): Syllable {
  return { ...syllable, final: FINALS.indexOf(final) }
}

function withBeginning(syllable: Syllable, { initial, vowel }: Pair): Syllable {
  return { ...syllable, initial: INITIALS.indexOf(initial), vowel: VOWELS.indexOf(vowel) }
}
