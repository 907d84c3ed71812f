import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { detectLanguage, sentenceLanguage } from '../../src/text/script.ts'

describe('detectLanguage', () => {
  const examples: readonly (readonly [text: string, language: string | undefined])[] = [
    ['안녕하세요. 보이스 포켓입니다.', 'ko'],
    ['안녕하세요'.normalize('NFD'), 'ko'],
    ['ㅋㅋㅋ', 'ko'],
    ['Docker와 Kubernetes를 배포합니다', 'ko'],
    ['大韓民國은 나라입니다', 'ko'],
    ['Hello there', 'en'],
    ['Crème brûlée', 'en'],
    ['The word 안녕 means hello in Korean.', 'en'],
    ['日本語です。', 'ja'],
    ['カタカナ', 'ja'],
    ['東京都に住んでいます', 'ja'],
    ['你好，世界。', 'zh'],
    ['我用 Docker 部署', 'zh'],
    ['Привет, мир', 'ru'],
    ['Γειά σου', 'el'],
    ['مرحبا', 'ar'],
    ['שלום', 'he'],
    ['नमस्ते', 'hi'],
    ['สวัสดี', 'th'],
    ['12,345', undefined],
    ['… !? 😀', undefined],
    ['', undefined],
  ]
  for (const [text, language] of examples) {
    it(`takes ${JSON.stringify(text)} for ${language}`, () => assert.equal(detectLanguage(text), language))
  }
})

describe('sentenceLanguage', () => {
  it('reads figures in the language around them', () => {
    assert.equal(sentenceLanguage('12,345', 'ko'), 'ko')
    assert.equal(sentenceLanguage('3.14!', 'en'), 'en')
  })

  it('leaves Chinese characters in a Korean or Japanese text, and takes them for Chinese elsewhere', () => {
    assert.equal(sentenceLanguage('大韓民國', 'ko'), 'ko')
    assert.equal(sentenceLanguage('東京', 'ja'), 'ja')
    assert.equal(sentenceLanguage('東京', 'en'), 'zh')
  })

  it('follows the script of the sentence otherwise', () => {
    assert.equal(sentenceLanguage('Hello.', 'ko'), 'en')
    assert.equal(sentenceLanguage('안녕.', 'en'), 'ko')
  })
})
