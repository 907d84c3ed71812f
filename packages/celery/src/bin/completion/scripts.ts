/** What a shell is told once: to ask this command what may come next. Each answer is a line: a word, a tab, its help. */

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

const BASH = `_celery_completion() {
    local IFS=$'\\n' line
    COMPREPLY=()
    while read -r line; do
        COMPREPLY+=("\${line%%$'\\t'*}")
    done < <(COMP_WORDS="\${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD _CELERY_COMPLETE=bash_complete "$1" 2>/dev/null)
}
complete -o default -F _celery_completion celery
`

const ZSH = `#compdef celery
_celery_completion() {
    local -a answers described
    local line
    answers=(\${(f)"$(COMP_WORDS="\${(F)words}" COMP_CWORD=$((CURRENT - 1)) _CELERY_COMPLETE=zsh_complete $words[1] 2>/dev/null)"})
    for line in $answers; do
        described+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
    done
    if (( $#described )); then _describe celery described; else _files; fi
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _celery_completion "$@"; else compdef _celery_completion celery; fi
`

const FISH = `function _celery_completion
    set -l words (commandline -opc) (commandline -ct)
    set -lx COMP_WORDS (string join \\n -- $words | string collect)
    set -lx COMP_CWORD (math (count $words) - 1)
    set -lx _CELERY_COMPLETE fish_complete
    $words[1] 2>/dev/null
end
complete --command celery --arguments '(_celery_completion)'
`

export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH }
