import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeProtobuf } from './decode.ts'
import { flag, message, nested, text } from './encode.ts'

const envelope = (apiVersion: string, kind: string, object: Buffer) =>
  Buffer.concat([
    Buffer.from('k8s\0'),
    message(nested(1, message(text(1, apiVersion), text(2, kind))), nested(2, object)),
  ])
const entry = (number: number, key: string, value: string) => nested(number, message(text(1, key), text(2, value)))

test('a ConfigMap comes out as the JSON that it stands for', () => {
  const metadata = message(text(1, 'a'), text(3, 'default'), entry(11, 'app', 'web'), nested(8, message()))
  const object = message(nested(1, metadata), entry(2, 'x', '1'), entry(2, 'y', '2'), flag(4, true))
  assert.deepEqual(decodeProtobuf(envelope('v1', 'ConfigMap', object)), {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', namespace: 'default', labels: { app: 'web' }, creationTimestamp: null },
    data: { x: '1', y: '2' },
    immutable: true,
  })
})

test('fields that stand inline in JSON have messages of their own', () => {
  const emptyDir = nested(2, message(text(1, 'Memory')))
  const volume = message(text(1, 'v'), nested(2, message(emptyDir)))
  const object = message(nested(2, message(nested(1, volume))))
  assert.deepEqual(decodeProtobuf(envelope('v1', 'Pod', object)), {
    apiVersion: 'v1',
    kind: 'Pod',
    spec: { volumes: [{ name: 'v', emptyDir: { medium: 'Memory' } }] },
  })
})

test('what is no protobuf, or of no known kind, is refused', () => {
  assert.throws(() => decodeProtobuf(Buffer.from('{}')), /does not appear to be a protobuf message/)
  assert.throws(() => decodeProtobuf(envelope('example.com/v1', 'Thing', message())), /no kind "Thing" is registered/)
  assert.throws(() => decodeProtobuf(envelope('v1', 'ConfigMap', Buffer.from([0x0a, 0x05]))), /unexpected EOF/)
})
