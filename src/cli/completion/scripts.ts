import type { SHELLS } from '../definitions/other.ts'

export type Shell = (typeof SHELLS)[number]

/** Each script asks the hidden `__complete`: lines of candidate and description, then `:files` where files fit too. */
const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# bash completion for capstan
_capstan() {
    local line cur candidate
    local -a words
    # The line itself, because bash splits COMP_WORDS at = and : as well.
    read -ra words <<< "\${COMP_LINE:0:COMP_POINT}"
    [[ \${COMP_LINE:0:COMP_POINT} == *' ' ]] && words+=('')
    cur="\${words[\${#words[@]}-1]}"
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
            :files) compopt -o default 2>/dev/null ;;
            :nospace) compopt -o nospace 2>/dev/null ;;
            *)
                candidate="\${line%%$'\\t'*}"
                # Only what follows the last = or : is replaced.
                [[ $cur == *[=:]* ]] && candidate="\${candidate#"\${cur%"\${cur##*[=:]}"}"}"
                COMPREPLY+=("$candidate")
                ;;
        esac
    done < <("\${COMP_WORDS[0]}" __complete "\${words[@]:1}" 2>/dev/null)
}
complete -F _capstan capstan
`,
  zsh: `#compdef capstan
# zsh completion for capstan
_capstan() {
    local -a candidates
    local line files=0
    while IFS= read -r line; do
        if [[ $line == :files ]]; then
            files=1
        elif [[ $line != :* ]]; then
            line=\${line//:/\\\\:}
            candidates+=("\${line/$'\\t'/:}")
        fi
    done < <("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
    (( \${#candidates} )) && _describe -V 'capstan' candidates
    (( files )) && _files
}
compdef _capstan capstan
`,
  fish: `# fish completion for capstan
function __capstan_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path "$current"
            case ':*'
            case '*'
                echo $line
        end
    end
end
complete -c capstan -f -a '(__capstan_complete)'
`,
}

export function completionScript(shell: Shell): string {
  return SCRIPTS[shell]
}
