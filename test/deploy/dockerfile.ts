/** One instruction of a Dockerfile, with its continuation lines joined. */
export interface Instruction {
  readonly line: number
  /** In capitals. */
  readonly name: string
  readonly rest: string
}

/** Takes a Dockerfile apart; comments and empty lines are left out, also between continuation lines. */
export function parseDockerfile(text: string): readonly Instruction[] {
  const instructions: Instruction[] = []
  let open: { line: number; text: string } | undefined
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*(#|$)/.test(line)) continue
    const continues = /\\\s*$/.test(line)
    const part = line.replace(/\\\s*$/, '').trim()
    open = { line: open?.line ?? index + 1, text: open === undefined ? part : `${open.text} ${part}` }
    if (continues) continue
    const [, name = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(open.text) ?? []
    instructions.push({ line: open.line, name: name.toUpperCase(), rest })
    open = undefined
  }
  return instructions
}

type Rule = (instructions: readonly Instruction[]) => readonly (readonly [Instruction | undefined, string])[]

function only(name: string, problem: (rest: string) => string | undefined): Rule {
  return instructions =>
    instructions.flatMap(each => {
      const message = each.name === name ? problem(each.rest) : undefined
      return message === undefined ? [] : [[each, message] as const]
    })
}

/** The instructions of the stage that becomes the image. */
function lastStage(instructions: readonly Instruction[]): readonly Instruction[] {
  return instructions.slice(instructions.findLastIndex(({ name }) => name === 'FROM'))
}

function stageNames(instructions: readonly Instruction[]): readonly string[] {
  return instructions.flatMap(({ name, rest }) => (name === 'FROM' ? (/\sas\s+(\S+)$/i.exec(rest)?.[1] ?? []) : []))
}

function imageProblem(image: string): string | undefined {
  if (image === 'scratch' || image.includes('@sha256:')) return undefined
  const tag = /:([^/@]+)$/.exec(image)?.[1]
  if (tag === undefined || tag === 'latest') return `${image} has to have a tag other than latest`
  return /\d+\.\d+/.test(tag) ? undefined : `the tag ${tag} moves; name a full version`
}

const RULES: readonly Rule[] = [
  instructions =>
    instructions
      .filter(({ name, rest }) => name === 'FROM' && !stageNames(instructions).includes(rest.split(' ')[0] ?? ''))
      .flatMap(each => {
        const message = imageProblem(each.rest.split(/\s+/).find(word => !word.startsWith('--')) ?? '')
        return message === undefined ? [] : [[each, message] as const]
      }),
  only('ADD', () => 'use COPY: ADD downloads and unpacks'),
  only('MAINTAINER', () => 'use a label'),
  only('EXPOSE', rest => (/(^|\s)22(\/|\s|$)/.test(rest) ? 'no SSH server belongs in here' : undefined)),
  only('WORKDIR', rest => (/^(\/|\$)/.test(rest) ? undefined : 'has to be absolute')),
  only('RUN', rest => (/\bsudo\b/.test(rest) ? 'there is no need for sudo' : undefined)),
  only('RUN', rest => (/(^|&&|;)\s*cd\s/.test(rest) ? 'use WORKDIR instead of cd' : undefined)),
  only('RUN', rest => (/\b(curl|wget)\b.*\|\s*(ba)?sh/.test(rest) ? 'runs what it downloads' : undefined)),
  only('RUN', rest => (/apt-get upgrade|dist-upgrade/.test(rest) ? 'take a newer base image instead' : undefined)),
  only('RUN', rest => {
    if (!rest.includes('apt-get install')) return undefined
    if (!rest.includes('apt-get update')) return 'apt-get update belongs into the same layer'
    if (!rest.includes('--no-install-recommends')) return 'say --no-install-recommends'
    if (!/(--yes|-y)\b/.test(rest)) return 'say --yes'
    return rest.includes('rm -rf /var/lib/apt/lists/*') ? undefined : 'remove /var/lib/apt/lists/* in the same layer'
  }),
  only('RUN', rest => (/\bnpm (i|install)\b/.test(rest) ? 'use npm ci: it keeps to the lock file' : undefined)),
  only('RUN', rest =>
    /\bnpm ci\b/.test(rest) && !rest.includes('--ignore-scripts') ? 'npm ci runs scripts of packages' : undefined,
  ),
  only('ENV', rest => (/(PASSWORD|TOKEN|SECRET|_KEY)\b/i.test(rest) ? 'no secrets in images' : undefined)),
  only('COPY', rest =>
    /^\.\s/.test(rest) ? 'copy what is needed by name, not everything that lies around' : undefined,
  ),
  instructions =>
    instructions
      .filter(({ name, rest }) => name === 'COPY' && /--from=(\S+)/.test(rest))
      .filter(({ rest }) => !stageNames(instructions).includes(/--from=(\S+)/.exec(rest)?.[1] ?? ''))
      .map(each => [each, 'comes from no stage of this file'] as const),
  instructions => {
    const users = lastStage(instructions).filter(({ name }) => name === 'USER')
    const last = users.at(-1)
    if (last === undefined) return [[undefined, 'the image runs as root; say USER']]
    const uid = last.rest.split(':')[0] ?? ''
    if (!/^\d+$/.test(uid)) return [[last, 'runAsNonRoot can only be checked for a number']]
    return uid === '0' ? [[last, 'the image runs as root']] : []
  },
  instructions => {
    const stage = lastStage(instructions)
    const user = stage.findLastIndex(({ name }) => name === 'USER')
    const late = stage.slice(user + 1).filter(({ name }) => name === 'RUN')
    return user < 0 ? [] : late.map(each => [each, 'USER belongs after what has to be root'] as const)
  },
  instructions => (lastStage(instructions).some(({ name }) => name === 'WORKDIR') ? [] : [[undefined, 'say WORKDIR']]),
  instructions =>
    ['ENTRYPOINT', 'CMD'].flatMap(wanted => {
      const found = lastStage(instructions).filter(({ name }) => name === wanted)
      const shell = found.filter(({ rest }) => !rest.startsWith('['))
      const message = 'has to be a JSON list: a shell does not pass signals on'
      return [
        ...shell.map(each => [each, message] as const),
        ...(found.length > 1 ? [[found[1], `there is more than one ${wanted}`] as const] : []),
      ]
    }),
]

/** What is wrong with a Dockerfile, as `line: INSTRUCTION: message`. */
export function lintDockerfile(text: string): readonly string[] {
  const instructions = parseDockerfile(text)
  return RULES.flatMap(rule => rule(instructions))
    .toSorted(([a], [b]) => (a?.line ?? Number.POSITIVE_INFINITY) - (b?.line ?? Number.POSITIVE_INFINITY))
    .map(([at, message]) => (at === undefined ? message : `${at.line}: ${at.name}: ${message}`))
}
