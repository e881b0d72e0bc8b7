import type { Command } from 'commander'

/** One place of the command line: what was typed before, and what may come next. */
interface Place {
  /** Commands so far, with spaces between. */
  readonly path: string
  readonly words: readonly { readonly word: string; readonly description: string }[]
}

function ownWords(command: Command): Place['words'] {
  const commands = command.commands.flatMap(each =>
    [each.name(), ...each.aliases()].map(word => ({ word, description: each.description() })),
  )
  const options = command.options.flatMap(({ description, long, hidden }) =>
    long === undefined || long === null || hidden ? [] : [{ word: long, description }],
  )
  return [...commands, ...options]
}

/** Every place of a program; aliases count as paths of their own, global options are in all of them. */
function placesOf(command: Command, path: string, globals: Place['words']): readonly Place[] {
  const own = path === '' ? ownWords(command) : [...ownWords(command), ...globals]
  const children = command.commands.flatMap(each =>
    [each.name(), ...each.aliases()].flatMap(name => placesOf(each, path === '' ? name : `${path} ${name}`, globals)),
  )
  return [{ path, words: own }, ...children]
}

function cases(places: readonly Place[]): string {
  return places
    .map(({ path, words }) => `    '${path}') choices='${words.map(({ word }) => word).join(' ')}' ;;\n`)
    .join('')
}

/** The commands among the words typed so far make the path; options and names do not change it. */
function bashScript(name: string, places: readonly Place[]): string {
  const paths = places.map(({ path }) => `'${path}'`).join('|')
  return `# bash completion for ${name}
_${name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" place='' next choices='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${place:+$place }\${COMP_WORDS[i]}"
    case "$next" in ${paths}) place="$next" ;; esac
  done
  case "$place" in
${cases(places)}  esac
  COMPREPLY=($(compgen -W "$choices" -- "$current"))
}
complete -o default -F _${name} ${name}
`
}

function zshScript(name: string, places: readonly Place[]): string {
  const paths = places.map(({ path }) => `'${path}'`).join('|')
  return `#compdef ${name}
_${name}() {
  local place='' next choices='' i
  for ((i = 2; i < CURRENT; i++)); do
    next="\${place:+$place }\${words[i]}"
    case "$next" in ${paths}) place="$next" ;; esac
  done
  case "$place" in
${cases(places)}  esac
  compadd -- \${=choices}
  _files
}
compdef _${name} ${name}
`
}

function fishScript(name: string, places: readonly Place[]): string {
  const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const lines = places.flatMap(({ path, words }) =>
    words.map(({ word, description }) => {
      const flag = word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`
      return `complete -c ${name} -n "__${name}_at '${path}'" ${flag} -d ${quote(description)}\n`
    }),
  )
  const paths = places.map(({ path }) => `'${path}'`).join(' ')
  return `# fish completion for ${name}
function __${name}_at
  set -l path ''
  for word in (commandline -opc)[2..]
    set -l next (string trim "$path $word")
    contains -- "$next" ${paths}; and set path "$next"
  end
  test "$path" = "$argv[1]"
end
${lines.join('')}`
}

/** A script for a shell that completes the commands and flags of a program, made from its definition. */
export function completionScript(program: Command, shell: 'bash' | 'zsh' | 'fish'): string {
  const places = placesOf(
    program,
    '',
    ownWords(program).filter(({ word }) => word.startsWith('--')),
  )
  const name = program.name()
  if (shell === 'bash') return bashScript(name, places)
  if (shell === 'zsh') return zshScript(name, places)
  return fishScript(name, places)
}
