const hints: readonly (readonly [pattern: RegExp, hint: string])[] = [
  [/^mapping values are not allowed/, 'quote the value if it contains ": ", or check the indentation of this line'],
  [/^did not find expected key/, 'check that this line is indented like the other keys of the same object'],
  [/^did not find expected '-'/, 'check that every item of the list starts with "- " in the same column'],
  [
    /^found character that cannot start any token/,
    'use spaces instead of tabs, and quote values that start with @, `, % or a tab',
  ],
  [/tab character/, 'indent with spaces, not with tabs'],
  [/^could not find expected ':'/, 'write "key: value" with a space behind the colon'],
  [/^found unexpected (end of stream|document indicator)/, 'close the quote that starts here'],
  [/^did not find expected ',' or/, 'separate the entries with commas and close the bracket'],
  [/^did not find expected node content/, 'remove what stands here or put a value before it'],
  [/^block sequence entries are not allowed/, 'start the list on a new line below its key'],
  [/^unknown anchor/, 'define the anchor with & before it is used; anchors do not reach across files'],
  [/^found unknown escape character/, 'double the backslash, or use single quotes'],
  [/^did not find expected alphabetic/, 'quote the value if it starts with & or *'],
  [/document start/, 'start the next document with a line "---"'],
  [/^did not find expected comment or line break/, 'put the text of the block on the next line'],
  [
    /max depth|too many nodes|longer than|excessive aliasing/,
    'split the file, or raise the limit if the content is meant',
  ],
  [
    /control characters|octet|UTF-|invalid Unicode character$/,
    'save the file as UTF-8 text without control characters',
  ],
  [/^(mapping key|key) .* already/, 'remove one of the two keys'],
  [/map key/, 'write the key in quotes'],
  [/^cannot decode/, 'remove the tag, or write a value that fits it'],
  [/^unsupported value/, 'quote the value; JSON has no such number'],
  [/^map merge/, 'let << name a mapping, an alias of one, or a list of these'],
  [/contains itself/, 'an anchor must not be used inside its own value'],
]

/** What to do about a syntax problem. */
export function hintFor(problem: string): string {
  return hints.find(([pattern]) => pattern.test(problem))?.[1] ?? 'check the YAML syntax here'
}
