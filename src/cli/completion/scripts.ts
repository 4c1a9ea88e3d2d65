/** The shells that `ironstep completion` knows. */
export const shells = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof shells)[number];

/** The command that the scripts ask; its answer is one candidate a line, then `:FILES`. */
export const askCommand = '__complete';

/**
 * What tells a shell to ask the program at every Tab. Nothing typed is ever evaluated: the words go
 * on as they are.
 */
export const completionScripts: Record<Shell, string> = {
  // Needs nothing but bash itself: not the package bash-completion.
  bash: `# bash completion for ironstep.  In ~/.bashrc:  source <(ironstep completion bash)
_ironstep() {
  local current=\${COMP_WORDS[COMP_CWORD]} line files=none
  [ "$current" != = ] || current=
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :*) files=\${line#:} ;;
      *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done < <("\${COMP_WORDS[0]/#\\~/$HOME}" ${askCommand} -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  [ "$files" != none ] || return 0
  compopt -o filenames
  while IFS= read -r line; do
    COMPREPLY+=("$line")
  done < <(
    compgen -d -- "$current"
    case $files in
      yaml) compgen -f -X '!*.yaml' -- "$current"; compgen -f -X '!*.yml' -- "$current" ;;
      any) compgen -f -- "$current" ;;
    esac
  )
}
complete -F _ironstep ironstep
`,
  zsh: `#compdef ironstep
# zsh completion for ironstep.  In ~/.zshrc, behind compinit:  source <(ironstep completion zsh)
_ironstep() {
  local line files=none
  local -a candidates
  while IFS= read -r line; do
    case $line in
      :*) files=\${line#:} ;;
      *) candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
    esac
  done < <("\${(Q)words[1]}" ${askCommand} -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)
  (( $#candidates )) && _describe -V ironstep candidates
  case $files in
    yaml) _files -g '*.(yaml|yml)' ;;
    any) _files ;;
    folders) _files -/ ;;
  esac
}
if [ "$funcstack[1]" = _ironstep ]; then _ironstep "$@"; else compdef _ironstep ironstep; fi
`,
  fish: `# fish completion for ironstep.  In ~/.config/fish/config.fish:  ironstep completion fish | source
function __ironstep_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in (ironstep ${askCommand} -- $words[2..] "$current" 2>/dev/null)
        switch $line
            case :none
            case :yaml
                __fish_complete_suffix .yaml
                __fish_complete_suffix .yml
            case :any
                __fish_complete_path "$current"
            case :folders
                __fish_complete_directories "$current"
            case '*'
                echo $line
        end
    end
end
complete -c ironstep -f -a '(__ironstep_complete)'
`,
};
