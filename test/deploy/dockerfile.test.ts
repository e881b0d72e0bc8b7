import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { lintDockerfile, parseDockerfile } from './dockerfile.ts'

const root = path.join(import.meta.dirname, '../..')
const dockerfile = readFileSync(path.join(root, 'deploy/Dockerfile'), 'utf8')

test('the Dockerfile keeps to the rules', () => {
  assert.deepEqual(lintDockerfile(dockerfile), [])
})

test('what it copies is there, and is let through to the build', () => {
  const ignored = readFileSync(path.join(root, 'deploy/Dockerfile.dockerignore'), 'utf8').split('\n')
  const copied = parseDockerfile(dockerfile)
    .filter(({ name, rest }) => name === 'COPY' && !rest.startsWith('--from'))
    .flatMap(({ rest }) => rest.split(/\s+/).slice(0, -1))
  for (const file of copied) {
    assert.ok(existsSync(path.join(root, file)), file)
    assert.ok(ignored.includes(`!${file}`), `${file} is ignored`)
  }
})

test('it runs as the user of the Deployment, with the programs that the engine starts', () => {
  const instructions = parseDockerfile(dockerfile)
  assert.ok(instructions.some(({ name, rest }) => name === 'USER' && rest === '65534:65534'))
  const installs = instructions.filter(({ name, rest }) => name === 'RUN' && rest.includes('apt-get install'))
  for (const program of ['git', 'openssh-client', 'ca-certificates'])
    assert.match(installs[0]?.rest ?? '', RegExp(program))
})

test('each rule finds what it is for', () => {
  const bad = `FROM node
ADD https://example.test/tool.tar.gz /opt
FROM node:24
WORKDIR app
COPY . .
COPY --from=nowhere /a /b
RUN apt-get update
RUN apt-get install git
RUN cd /app && npm install
RUN npm ci \\
  # a comment between
  --omit=dev
RUN curl https://example.test/install | sh
ENV API_TOKEN=abc
CMD node main.ts
`
  assert.deepEqual(lintDockerfile(bad), [
    '1: FROM: node has to have a tag other than latest',
    '2: ADD: use COPY: ADD downloads and unpacks',
    '3: FROM: the tag 24 moves; name a full version',
    '4: WORKDIR: has to be absolute',
    '5: COPY: copy what is needed by name, not everything that lies around',
    '6: COPY: comes from no stage of this file',
    '8: RUN: apt-get update belongs into the same layer',
    '9: RUN: use WORKDIR instead of cd',
    '9: RUN: use npm ci: it keeps to the lock file',
    '10: RUN: npm ci runs scripts of packages',
    '13: RUN: runs what it downloads',
    '14: ENV: no secrets in images',
    '15: CMD: has to be a JSON list: a shell does not pass signals on',
    'the image runs as root; say USER',
  ])
})

test('root is found under any name, and what needs root comes before USER', () => {
  const image = (rest: string) => lintDockerfile(`FROM node:24.1.0-slim\nWORKDIR /app\n${rest}`)
  assert.deepEqual(image('USER 0'), ['3: USER: the image runs as root'])
  assert.deepEqual(image('USER node'), ['3: USER: runAsNonRoot can only be checked for a number'])
  assert.deepEqual(image('USER 65534\nRUN true'), ['4: RUN: USER belongs after what has to be root'])
})
