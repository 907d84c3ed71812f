import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { respelled } from '../../src/text/respell.ts'
import { SpokenText } from '../../src/text/spoken-text.ts'
import type { Cases } from './cases.ts'

const CASES: readonly Cases[] = [
  {
    source: '표준 발음법 제12항 (ㅎ)',
    cases: [
      ['못하다', '모타다'],
      ['깨끗하게', '깨끄타게'],
      ['맏형', '마텽'],
      ['맞히다', '마치다'],
      ['꽃향기', '꼬턍기'],
      ['좋아', '좋아'],
      ['많이', '많이'],
      ['축하', '축하'],
      ['입학', '입학'],
    ],
  },
  {
    source: '표준 발음법 제17항 (구개음화)',
    cases: [
      ['굳이', '구지'],
      ['맏이', '마지'],
      ['같이', '가치'],
      ['밭이', '바치'],
      ['붙여', '부처'],
      ['벼훑이', '벼훌치'],
      ['닫혀', '다처'],
      ['묻히다', '무치다'],
      ['받아', '받아'],
    ],
  },
  {
    source: '표준 발음법 제18항 (비음화)',
    cases: [
      ['국물', '궁물'],
      ['먹는', '멍는'],
      ['깎는', '깡는'],
      ['읽는', '잉는'],
      ['닫는', '단는'],
      ['옷맵시', '온맵시'],
      ['있는', '인는'],
      ['맞는', '만는'],
      ['꽃망울', '꼰망울'],
      ['놓는', '논는'],
      ['잡는', '잠는'],
      ['앞마당', '암마당'],
      ['밟는', '밤는'],
      ['없는', '엄는'],
      ['갑니다', '감니다'],
      ['감사합니다', '감사함니다'],
    ],
  },
  {
    source: '표준 발음법 제19항 (ㄹ의 비음화)',
    cases: [
      ['담력', '담녁'],
      ['침략', '침냑'],
      ['강릉', '강능'],
      ['종로', '종노'],
      ['대통령', '대통녕'],
      ['막론', '망논'],
      ['백리', '뱅니'],
      ['협력', '혐녁'],
      ['십리', '심니'],
      ['독립', '동닙'],
    ],
  },
  {
    source: '표준 발음법 제20항 (유음화)',
    cases: [
      ['난로', '날로'],
      ['신라', '실라'],
      ['천리', '철리'],
      ['광한루', '광할루'],
      ['칼날', '칼랄'],
      ['줄넘기', '줄럼기'],
      ['닳는', '달른'],
      ['뚫는', '뚤른'],
      ['핥네', '할레'],
      ['넓네', '널레'],
      ['않는', '안는'],
      ['의견란', '의견난'],
      ['생산량', '생산냥'],
      ['결단력', '결딴녁'],
      ['상견례', '상견녜'],
    ],
  },
  {
    source: '표준 발음법 제29항 (ㄴ 첨가)',
    cases: [
      ['솜이불', '솜니불'],
      ['꽃잎', '꼰닙'],
      ['색연필', '생년필'],
      ['서울역', '서울력'],
      ['이십육일', '이심뉵일'],
      ['홑이불', '혼니불'],
    ],
  },
  {
    source: '표준 발음법 제9항, 제10항, 제13항 (그대로)',
    cases: [
      ['밟다', '밟다'],
      ['넓다', '넓다'],
      ['값이', '값이'],
      ['학교', '학교'],
      ['안녕하세요', '안녕하세요'],
      ['국 물', '국 물'],
      ['Hello 국', 'Hello 국'],
    ],
  },
]

describe('respelled', () => {
  for (const { source, cases } of CASES) {
    it(source, () => {
      for (const [original, sound] of cases)
        assert.equal(respelled(SpokenText.of(original), 'ko').text, sound, original)
    })
  }

  it('keeps places, and leaves other languages as they are', () => {
    const original = '이 국물은'
    assert.deepEqual(
      respelled(SpokenText.of(original), 'ko-kr')
        .words()
        .map(({ text, start, end }) => [text, start, end]),
      [
        ['이', 0, 1],
        ['궁물은', 2, 5],
      ],
    )
    assert.equal(respelled(SpokenText.of('국물'), 'en').text, '국물')
  })
})
