import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatMetrics, formatNumber } from './format.ts'
import { createCounter, createHistogram } from './instruments.ts'

test('counters are printed with their labels in order and escaped', () => {
  const counter = createCounter('requests_total', 'Requests,\nof all kinds.')
  counter.add({ verb: 'get', code: '200' })
  counter.add({ code: '200', verb: 'get' }, 2)
  counter.add({ code: '<error>', verb: 'a "b"\\c\n' })
  assert.equal(
    formatMetrics([counter.family()]),
    `# HELP requests_total Requests,\\nof all kinds.
# TYPE requests_total counter
requests_total{code="200",verb="get"} 3
requests_total{code="<error>",verb="a \\"b\\"\\\\c\\n"} 1
`,
  )
})

test('histograms add up their buckets', () => {
  const histogram = createHistogram('duration_seconds', 'How long.', [1e-8, 0.1, 1])
  for (const value of [0.05, 0.1, 0.5, 3]) histogram.observe({ kind: 'Kustomization' }, value)
  histogram.observe({ kind: 'GitRepository' }, 1)
  histogram.forget({ kind: 'GitRepository' })
  assert.equal(
    formatMetrics([histogram.family()]),
    `# HELP duration_seconds How long.
# TYPE duration_seconds histogram
duration_seconds_bucket{kind="Kustomization",le="1e-08"} 0
duration_seconds_bucket{kind="Kustomization",le="0.1"} 2
duration_seconds_bucket{kind="Kustomization",le="1"} 3
duration_seconds_bucket{kind="Kustomization",le="+Inf"} 4
duration_seconds_sum{kind="Kustomization"} 3.65
duration_seconds_count{kind="Kustomization"} 4
`,
  )
})

test('a metric without series is not printed', () => {
  assert.equal(formatMetrics([createCounter('nothing_total', 'Nothing.').family()]), '')
})

test('numbers are printed as Go prints them', () => {
  const numbers = [0, 1, -1, 0.0001, 0.00001, 1e-8, 123456, 35377152, Number.POSITIVE_INFINITY, Number.NaN]
  assert.deepEqual(numbers.map(formatNumber), [
    '0',
    '1',
    '-1',
    '0.0001',
    '1e-05',
    '1e-08',
    '123456',
    '3.5377152e+07',
    '+Inf',
    'NaN',
  ])
})
