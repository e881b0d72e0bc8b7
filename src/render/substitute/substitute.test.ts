// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references to variables are what is tested
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatDiagnostic } from '../../manifest/diagnostic.ts'
import { substitute } from './substitute.ts'

const variables = new Map(
  Object.entries({ app: 'web', empty: '', path: 'team/app/main.yaml', name: 'Straße', n: '-2' }),
)

function lax(text: string): string {
  const result = substitute(text, variables, { strict: false })
  assert.deepEqual(result.diagnostics, [])
  return result.text ?? ''
}

test('every form', () => {
  const forms: Readonly<Record<string, string>> = {
    '${app}': 'web',
    '${gone}': '',
    '$app $(app) $ {app} 5$': '$app $(app) $ {app} 5$',
    '$${app} $$ $$${app}': '${app} $ $web',
    '${gone:-a b} ${gone:=x} ${gone=y} ${gone:?z}': 'a b x y z',
    '${empty:-d} ${app:+other}': 'd web',
    '${gone:-${app}-${gone:-2}}': 'web-2',
    '${#app} ${#name}': '3 7',
    '${app^} ${app^^} ${name,} ${name,,}': 'Web WEB straße straße',
    '${app:1} ${app:0:2} ${app:${n}} ${app:0:-1} ${app:9} ${app:x}': 'eb we eb we  web',
    '${path##*/} ${path#*/} ${path%/*} ${path%%/*}': 'main.yaml app/main.yaml team/app team',
    '${path#[s-u]} ${path#[^t]} ${path##?e*/} ${app##\\w}': 'eam/app/main.yaml team/app/main.yaml main.yaml eb',
    '${path/a/A} ${path//a/A} ${path/#team/t} ${path/%yaml/yml}':
      'teAm/app/main.yaml teAm/App/mAin.yAml t/app/main.yaml team/app/main.yml',
    '${path//\\//-} ${path/e/} ${app//e/$$} ${app/#/x}': 'team-app-main.yaml tam/app/main.yaml w$b xweb',
  }
  for (const [text, expected] of Object.entries(forms)) assert.equal(lax(text), expected, text)
})

test('all problems at once, each with its place', () => {
  const text = 'a: ${one}\nü: ${two^^} ${ bad }\nb: ${one} ${gone:-ok} ${app\n'
  const result = substitute(text, variables, { strict: true, file: 'x.yaml' })
  assert.equal(result.text, undefined)
  assert.deepEqual(result.diagnostics.map(formatDiagnostic), [
    'x.yaml:1:4: variable not set (strict mode): "one" (set it in postBuild.substitute or substituteFrom, or give a default: ${one:=value})',
    'x.yaml:2:4: variable not set (strict mode): "two" (set it in postBuild.substitute or substituteFrom, or give a default: ${two:=value})',
    'x.yaml:2:13: unable to parse variable name: ${ bad } (write $${…} where the text is meant as it stands)',
    'x.yaml:3:4: variable not set (strict mode): "one" (set it in postBuild.substitute or substituteFrom, or give a default: ${one:=value})',
    'x.yaml:3:23: missing closing brace: ${app (write $${…} where the text is meant as it stands)',
  ])
})

test('small texts do not grow without bounds', () => {
  const large = new Map([['v', 'x'.repeat(1_000_000)]])
  for (const text of ['${v}'.repeat(100), '${v//x/${v}}', '${v///${v}}', `\${v#${'*a'.repeat(1000)}}`]) {
    const codes = substitute(text, large, { strict: true }).diagnostics.map(one => one.code)
    assert.deepEqual(codes, ['substitution-too-large'])
  }
  const deep = substitute('${a:-'.repeat(10_000), large, { strict: true })
  assert.equal(deep.text, undefined)
})

test('text without references stays as it is', () => {
  fc.assert(
    fc.property(fc.string(), text => {
      const plain = text.replaceAll('$', '')
      assert.equal(lax(plain), plain)
      assert.equal(lax(`$$${plain}`), `$${plain}`)
    }),
  )
})

test('any template gives a text or a reason', () => {
  const template = fc.array(
    fc.constantFrom('${', '}', '$', 'app', 'gone', ':', '-', '#', '%', '/', '^', '\\', '*', '1', '\n'),
  )
  fc.assert(
    fc.property(template, fc.boolean(), (parts, strict) => {
      const { text, diagnostics } = substitute(parts.join(''), variables, { strict })
      assert.equal(text === undefined, diagnostics.length > 0)
    }),
  )
})
