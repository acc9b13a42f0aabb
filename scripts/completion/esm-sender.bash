# Tab completion of esm-sender for bash. The program itself knows its verbs, options and shipped files.

# --set NAME=VALUE: the parameters of the scenario that stands on the command line. Bash makes three words of it.
_esm_sender_setting() {
  local last=$COMP_CWORD typed word setting
  typed=${COMP_WORDS[last]}
  while ((last > 2)) && [[ ${COMP_WORDS[last - 1]} != --set ]]; do
    ((--last))
    typed=${COMP_WORDS[last]}$typed
    ((COMP_CWORD - last < 4)) || return 1
  done
  [[ ${COMP_WORDS[last - 1]} == --set && $typed != -* ]] || return 1
  [[ $typed != =* ]] || typed=${typed#=} # --set=NAME
  case ${COMP_WORDS[1]} in run | render | check | truth | verify) ;; *) return 1 ;; esac
  for word in "${COMP_WORDS[@]:2}"; do
    [[ $word != -* && -n $word ]] || continue
    while IFS= read -r setting; do
      [[ $setting == "$typed"* ]] || continue
      # What stands before '=' is there already.
      [[ $typed != *=* ]] || setting=${setting#*=}
      COMPREPLY+=("$setting")
    done < <("$program" --complete settings "$word" 2>/dev/null)
    [ ${#COMPREPLY[@]} -eq 0 ] || break
  done
  if [ ${#COMPREPLY[@]} -eq 1 ] && [[ ${COMPREPLY[0]} == *= ]]; then
    compopt -o nospace 2>/dev/null || true
  fi
  return 0
}

_esm_sender() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} verb=${COMP_WORDS[1]:-}
  local program=${COMP_WORDS[0]}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W "$("$program" --complete verbs) --help --version" -- "$cur")
    return
  fi
  if _esm_sender_setting; then return; fi
  # Bash makes three words of --option=value.
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]]; then
    prev=${COMP_WORDS[COMP_CWORD - 2]}
    # --sender-profile ADDRESS=NAME
    if ((COMP_CWORD > 4)) && [[ ${COMP_WORDS[COMP_CWORD - 3]} == --sender-profile ]]; then prev=--profile; fi
  fi
  local words='' files=yes # what an option takes may be a file's name, but for a closed choice
  case $prev in
    --template) words=$("$program" --complete templates) ;;
    --profile) words=$("$program" --complete profiles) ;;
    --scenario) words=$("$program" --complete scenarios) ;;
    --for)
      words=$("$program" --complete receivers) files=''
      [ "$verb" != listen ] || words='panos-9 panos-10'
      ;;
    --framing)
      words='lf crlf nul octet octet-lf' files=''
      [ "$verb" != listen ] || words='auto lf crlf nul octet'
      ;;
    --fault) words='close reset stall slow refuse' files='' ;;
    --mappings-format) words='panos panos-xml json csv' files='' ;;
    --tls-client-cert) words='ask require' files='' ;;
    --progress) words='auto line json none' files='' ;;
    --targets) words='all weighted fail-over' files='' ;;
    --target)
      words='' files=''
      [ "$verb" != verify ] || words=all
      ;;
    --pacing) words='economical precise' files='' ;;
    --dscp) words='ef cs0 cs1 cs2 cs3 cs4 cs5 cs6 cs7 af11 af12 af13 af21 af22 af23 af31 af32 af33 af41 af42 af43' files='' ;;
    --tls-min) words='1.2 1.3' files='' ;;
    --format)
      words='panos panos-xml json csv' files=''
      [ "$verb" != verify ] || words='text json'
      ;;
    --print-plan)
      # Its value stands behind '='; a word of its own is the scenario.
      if [[ ${COMP_WORDS[COMP_CWORD - 1]} == = || ${COMP_WORDS[COMP_CWORD]} == = ]]; then
        words='csv json' files=''
      else
        words=$("$program" --complete scenarios)
      fi
      ;;
    --received-format) words='raw rsyslog syslog-ng tshark regex:' files='' ;;
    --rate | --speed) words=max files='' ;;
    --at | --until) words=end files='' ;;
    help) words=$("$program" --complete verbs) files='' ;;
    --to) words='udp:// tcp:// tls:// file: null: -' ;;
    *)
      if [[ $cur == -* ]]; then
        words=$("$program" "$verb" --complete-options 2>/dev/null)
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
        return
      fi
      # The value of an option is no scenario; behind a flag one may stand.
      case $prev in
        --quiet | --allow-rate | --resend-unacked | --tls-insecure | --print-scenario | --find-capacity | --strict | --explain | --all) ;;
        --*) verb= ;;
      esac
      case $verb in
        run | render | check | truth | scenarios) words=$("$program" --complete scenarios) ;;
        templates | profiles) words=$("$program" --complete "$verb") ;;
      esac
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur"; [ -z "$files" ] || compgen -f -- "$cur")
}
complete -o filenames -o nosort -F _esm_sender esm-sender
