# Tab completion of esm-sender for bash. The program itself knows its verbs, options and shipped files.
_esm_sender() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} verb=${COMP_WORDS[1]:-}
  local program=${COMP_WORDS[0]}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W "$("$program" --complete verbs) --help --version" -- "$cur")
    return
  fi
  local words=
  case $prev in
    --template) words=$("$program" --complete templates) ;;
    --profile) words=$("$program" --complete profiles) ;;
    --scenario) words=$("$program" --complete scenarios) ;;
    --for) words=$("$program" --complete receivers) ;;
    --framing) words='lf crlf nul octet octet-lf' ;;
    --progress) words='auto line json none' ;;
    --format) words='panos json csv' ;;
    --to) words='udp:// tcp:// tls:// file: null: -' ;;
    *)
      if [[ $cur == -* ]]; then
        words=$("$program" "$verb" --complete-options 2>/dev/null)
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
        return
      fi
      case $verb in
        run | render | check | truth | scenarios) words=$("$program" --complete scenarios) ;;
        templates | profiles) words=$("$program" --complete "$verb") ;;
      esac
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur"; compgen -f -- "$cur")
}
complete -o filenames -o nosort -F _esm_sender esm-sender
