import assert from 'node:assert/strict'
import { test } from 'node:test'
import { presign, signHeaders } from './sigv4.ts'

/* The examples that AWS publishes with the description of Signature Version 4, and of its test suite. */
const example = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const suite = { region: 'us-east-1', service: 'service', now: Date.UTC(2015, 7, 30, 12, 36) }
const signed = (authorization: string | undefined) => /SignedHeaders=(\S+), Signature=(\S+)$/.exec(authorization ?? '')

test('ListUsers of IAM', () => {
  const headers = signHeaders(
    {
      method: 'GET',
      url: 'https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08',
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    },
    example,
    { ...suite, service: 'iam' },
  )
  assert.deepEqual(headers, {
    'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    'x-amz-date': '20150830T123600Z',
    authorization:
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
  })
})

test('get-vanilla, get-vanilla-query-order-key and post-vanilla of the test suite', () => {
  const signature = (method: string, url: string) =>
    signed(signHeaders({ method, url, headers: {} }, example, suite)['authorization'])?.[2]
  const url = 'https://example.amazonaws.com/'
  assert.equal(signature('GET', url), '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31')
  assert.equal(
    signature('GET', `${url}?Param2=value2&Param1=value1`),
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  )
  assert.equal(signature('POST', url), '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b')
})

test('a session token is signed', () => {
  const request = { method: 'GET', url: 'https://example.amazonaws.com/', headers: {} }
  const headers = signHeaders(request, { ...example, sessionToken: 'session' }, suite)
  assert.equal(headers['x-amz-security-token'], 'session')
  assert.equal(signed(headers['authorization'])?.[1], 'host;x-amz-date;x-amz-security-token')
})

test('a presigned URL of S3', () => {
  const url = presign(
    'https://examplebucket.s3.amazonaws.com/test.txt',
    {},
    86400,
    { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
    { region: 'us-east-1', service: 's3', now: Date.UTC(2013, 4, 24) },
    'UNSIGNED-PAYLOAD',
  )
  assert.equal(
    url,
    'https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
  )
})
