/** Chinese characters in Korean text: by word where a character has several readings, else one by one. */
import { oneOf, type Rule, rule } from '../rule.ts'
import { HANJA_BY_READING } from './hanja-readings.ts'
import { atBeginning, behind } from './initial-sound.ts'

/** Words in which a character is read otherwise than mostly. */
const WORDS: Readonly<Record<string, string>> = {
  音樂: '음악',
  聲樂: '성악',
  國樂: '국악',
  器樂: '기악',
  樂器: '악기',
  樂譜: '악보',
  樂團: '악단',
  管絃樂: '관현악',
  交響樂: '교향악',
  農樂: '농악',
  金氏: '김씨',
  金浦: '김포',
  金海: '김해',
  金泉: '김천',
  金堤: '김제',
  金九: '김구',
  金大中: '김대중',
  金泳三: '김영삼',
  金正恩: '김정은',
  金庾信: '김유신',
  敗北: '패배',
  自轉車: '자전거',
  人力車: '인력거',
  停車場: '정거장',
  車馬: '거마',
  復活: '부활',
  復興: '부흥',
  暴惡: '포악',
  橫暴: '횡포',
  憎惡: '증오',
  嫌惡: '혐오',
  殺到: '쇄도',
  相殺: '상쇄',
  遊說: '유세',
  標識: '표지',
  句讀點: '구두점',
  布施: '보시',
  菩提: '보리',
  省略: '생략',
  忖度: '촌탁',
  率先: '솔선',
  統率: '통솔',
  輕率: '경솔',
  綠茶: '녹차',
  紅茶: '홍차',
  洞察: '통찰',
  洞燭: '통촉',
  容易: '용이',
  安易: '안이',
  簡易: '간이',
  難易度: '난이도',
  更新: '갱신',
  更生: '갱생',
  賞狀: '상장',
  降伏: '항복',
  投降: '항복',
  謁見: '알현',
  切實: '절실',
  一切: '일체',
  參萬: '삼만',
  拾萬: '십만',
  行列: '행렬',
  便所: '변소',
  小便: '소변',
  大便: '대변',
  活潑: '활발',
  葛藤: '갈등',
  六月: '유월',
  十月: '시월',
  五六月: '오뉴월',
  初八日: '초파일',
  丹靑: '단청',
  牡丹: '모란',
  契丹: '거란',
  智異山: '지리산',
  漢拏山: '한라산',
  宅內: '댁내',
  貴宅: '귀댁',
  李氏: '이씨',
  柳氏: '유씨',
  若干: '약간',
  般若: '반야',
  索引: '색인',
  思索: '사색',
  塞翁之馬: '새옹지마',
  要塞: '요새',
  數數: '삭삭',
  沈淸: '심청',
  沈氏: '심씨',
  議論: '의논',
  困難: '곤란',
  論難: '논란',
  許諾: '허락',
  承諾: '승낙',
  喜怒: '희로',
  大怒: '대로',
  暖爐: '난로',
  南無: '나무',
  茶飯事: '다반사',
  茶房: '다방',
  茶道: '다도',
  龜裂: '균열',
  龜尾: '구미',
  糖尿: '당뇨',
  砂糖: '사탕',
  雪糖: '설탕',
}

const READINGS: ReadonlyMap<string, string> = new Map(
  Object.entries(HANJA_BY_READING).flatMap(([reading, characters]) =>
    [...characters].map((character) => [character, reading] as const),
  ),
)

/** Behind these 不 is 부: 부당, 부정확. 한글 맞춤법 has it as the reading of the word; 표준국어대사전, 불-, 부-. */
const BEFORE_BU = /^[다-딯자-짛]/

const RUN = /\p{Script=Han}+/gu

export const HANJA_RULES: readonly Rule[] = [
  // 대한민국(大韓民國): the reading stands there already.
  rule(/(?<=([가-힣]{1,8}))\((\p{Script=Han}{1,8})\)/gu, ([, hangul = '', hanja = '']) =>
    hangul.endsWith(reading(hanja)) ? '' : undefined,
  ),
  rule(new RegExp(oneOf(Object.keys(WORDS)), 'gu'), ([word]) => WORDS[word]),
  rule(RUN, ({ 0: hanja, index, input }) => reading(hanja, input[index - 1])),
]

/** A character that Korean does not know stays; the engine may. */
function reading(hanja: string, previous = ''): string {
  let said = ''
  for (const character of hanja) {
    const plain = READINGS.get(character) ?? READINGS.get(character.normalize('NFKC'))
    const before = said.at(-1) ?? previous
    if (plain === undefined) said += character
    else said += /[가-힣]/.test(before) ? behind(before, plain) : atBeginning(plain)
  }
  return said.replace(/불(?=(.))/gu, (bul, next: string, at: number) =>
    [...hanja][at] === '不' && BEFORE_BU.test(next) ? '부' : bul,
  )
}
