/**
 * Native numerals before the nouns that want them: 세 시, 스무 살, 첫 번째. All other nouns take the Sino-Korean ones,
 * which is what every number left over becomes. Which noun takes which: 국립국어원, 표준국어대사전, "수 관형사";
 * 석 달, 넉 달, 서 돈, 너 말: 표준어 규정 제17항.
 */
import { oneOf, type Rule, rule } from '../rule.ts'
import { INTEGER, native, nativeOrdinal, sino } from './numbers.ts'

const COUNTERS =
  '시간 개 명 사람 살 번째 번 마리 권 병 잔 대 장 벌 켤레 송이 그루 달 가지 군데 곳 채 척 자루 통 봉지 상자 그릇 조각 쌍 줄 판 알 방울 모금 끼 모 포기 단 톨 편 곡 건 표 팀 집 식구 바퀴 걸음 차례 토막 다발 묶음 컵 캔 스푼 큰술 작은술 종류 박스 세트 배 방 칸 돌 냥 되 섬 돈 말 손가락 발짝 꼭지 접시 뿌리 필 두름 축 쾌 접 첩 마디 잎 구절 가구 자리 문장 단어 글자 움큼 줌 술 숟갈'.split(
    ' ',
  )
/** What may follow a counter without making another word of it: 대학 is not 대, and 개월 is not 개. */
const FOLLOWERS =
  '은 는 이 가 을 를 의 에 와 과 도 만 로 으로 씩 째 쯤 짜리 가량 정도 이상 이하 미만 초과 안팎 내외 남짓 나 뿐 까지 부터 마다 보다 처럼 밖 고 며 다 였 입 예요 인 라 서 중 당 꼴 들 반 조차 하 랑 면 론 전 후 안 뒤 동안 내 넘 더 여 한테 께 된 야 일 모두 전원 배기 경 정각 값 치 할'.split(
    ' ',
  )
/** Not inside a longer number, a decimal, a code, or an ordinal that 제 makes Sino-Korean. */
export const BEFORE_COUNTER = '(?<![\\d.,:/A-Za-z$₩€£¥-]|제 ?|\\d[만억조])'
export const COUNTER = oneOf(COUNTERS)
export const AFTER_COUNTER = `(?![가-힣])|(?=${oneOf(FOLLOWERS)})`

/** The third bus and the third question have numbers; three times is a count. */
const NUMBERED_AFTER =
  /^ ?(?:출구|문제|버스|트랙|채널|국도|선수|게이트|타자|홈|창구|테이블|좌석|타석|유형|항목|후보|승강장|줄|척추|지방도|교향곡|레인|사로|확진자|문항|플랫폼|도로|번지|가(?![가-힣])|길)/
const NUMBERED_BEFORE = /(?:(?:기호|문제|버스|채널|국도|출구|문항|번호|트랙)|\d ?열) ?(?:\d+ ?번, ?)*$/
/** The three big ones, and people in their tens. */
const GREAT_AFTER =
  /^ (?:기업|은행|보험|강국|명절|원칙|뉴스|과제|도시|왕국|악재|신문|재벌|그룹|종단|불가사의|영양소|필수|핵심|주요|전략|명산|성인|문명|요소|중점|사건|질환|암|거래소|지표)/
const MACHINE_BEFORE =
  /(?:차|버스|트럭|택시|컴퓨터|노트북|서버|비행기|기|카메라|전화|TV|오토바이|자전거|냉장고|모니터) ?$/
const GUESTS_BEFORE = /(?:손님|고객|어르신|어른|선생님|교수님|부모님|회원|신사|숙녀) ?$/

const REDUCED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '3': { 달: '석', 냥: '석', 되: '석', 섬: '석', 돈: '서', 말: '서' },
  '4': { 달: '넉', 냥: '넉', 되: '넉', 섬: '넉', 돈: '너', 말: '너' },
}

/** Of neighbours: 서너 명. */
const ABOUT: readonly string[] = ['', '한두', '두세', '서너', '네다섯', '대여섯', '예닐곱', '일고여덟']

const COUNTED = new RegExp(`${BEFORE_COUNTER}(${INTEGER}) ?(${COUNTER})(?:${AFTER_COUNTER})`, 'gu')
const COUNTED_RANGE = new RegExp(
  `${BEFORE_COUNTER}(${INTEGER})(?: ?(?:${COUNTER}))? ?[~∼〜～–-] ?(${INTEGER}) ?(${COUNTER}|시)(?:${AFTER_COUNTER})`,
  'gu',
)
const HOUR = new RegExp(`${BEFORE_COUNTER}(\\d{1,2}) ?시(?:${AFTER_COUNTER})`, 'gu')
const PEOPLE = new RegExp(
  `${BEFORE_COUNTER}(\\d{1,2}) ?분(?=께서|이서|의 (?:손님|고객|어르신)|을 모시)`,
  'gu',
)
const GUESTS = new RegExp(`${BEFORE_COUNTER}(\\d{1,2}) ?분(?:${AFTER_COUNTER})`, 'gu')

/** Before the sign between the two is read. */
export const RANGES_OF_COUNTERS: readonly Rule[] = [
  rule(COUNTED_RANGE, ({ 1: from = '', 2: to = '', 3: counter = '' }) => range(from, to, counter)),
]

export const COUNTER_RULES: readonly Rule[] = [
  rule(new RegExp(`${BEFORE_COUNTER}(\\d{1,2})째(?![가-힣]{2})`, 'gu'), ([, digits]) =>
    nativeOrdinal(Number(digits)),
  ),
  rule(HOUR, (match) => `${gap(match)}${hourOf(String(match[1]))} 시${gapBehind(match)}`),
  rule(PEOPLE, ([, digits = '']) => `${native(digits)} 분`),
  rule(GUESTS, ({ 1: digits = '', index, input }) =>
    GUESTS_BEFORE.test(input.slice(Math.max(0, index - 8), index)) ? `${native(digits)} 분` : undefined,
  ),
  rule(COUNTED, (match) => {
    const [whole, digits = '', counter = ''] = match
    const before = match.input.slice(Math.max(0, match.index - 16), match.index)
    const after = match.input.slice(match.index + whole.length, match.index + whole.length + 8)
    if (isNumbered(digits, counter, before, after)) return undefined
    return `${gap(match)}${counted(digits, counter)}${gapBehind(match)}`
  }),
]

/** "오전9시" is two words when it is said. */
export function gap({ index, input }: RegExpExecArray): string {
  return /(?![천백십여])[가-힣]/.test(input[index - 1] ?? '') ? ' ' : ''
}

/** So are "1시간30분". */
function gapBehind({ 0: whole, index, input }: RegExpExecArray): string {
  return /\d/.test(input[index + whole.length] ?? '') ? ' ' : ''
}

/** One to twelve, as on the face of a clock; the hours of a railway timetable are Sino-Korean. */
export function hourOf(digits: string): string {
  return Number(digits) <= 12 ? native(digits) : sino(digits)
}

function counted(digits: string, counter: string): string {
  if (counter === '번째' && Number(digits) === 1) return '첫 번째'
  return `${REDUCED[digits]?.[counter] ?? native(digits)} ${counter}`
}

function range(from: string, to: string, counter: string): string | undefined {
  const [low, high] = [Number(from.replaceAll(',', '')), Number(to.replaceAll(',', ''))]
  if (low >= high) return undefined
  if (counter === '시') return `${hourOf(from)} 시에서 ${hourOf(to)} 시`
  const about = high === low + 1 ? ABOUT[low] : undefined
  if (about !== undefined && about !== '' && counter !== '번째') return `${about} ${counter}`
  if (counter === '대' && low % 10 === 0) return undefined
  return `${counted(from, counter)}에서 ${counted(to, counter)}`
}

function isNumbered(digits: string, counter: string, before: string, after: string): boolean {
  // "1장. 서론" is a chapter.
  if (counter === '장' && before === '' && after.startsWith('.')) return true
  if (counter === '번') return NUMBERED_AFTER.test(after) || NUMBERED_BEFORE.test(before)
  if (counter === '대') {
    if (GREAT_AFTER.test(after) || /^ ?\d/.test(after)) return true
    return /^[1-9]0$/.test(digits) && !MACHINE_BEFORE.test(before)
  }
  // 배 with tens is Sino-Korean from a hundred on, as everywhere; 장, 편, 방 and 칸 may have numbers as well.
  return counter === '배' && digits.includes(',')
}
