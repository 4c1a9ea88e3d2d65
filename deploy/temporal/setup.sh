#!/bin/sh
# Prepares a self-hosted Temporal for ironstep; every part may be repeated at any time.
#   setup.sh schema      before the server starts: both databases, at the schema of these programs
#   setup.sh namespace   once it serves: the namespace, its retention, the search attributes
# Runs in Temporal's admin-tools image (busybox sh, temporal-sql-tool, temporal), or anywhere that
# has these programs.
set -eu

# Names of the variables that temporal-sql-tool and temporal read themselves.
: "${SQL_PLUGIN:=postgres12}" "${SQL_HOST:=postgres}" "${SQL_PORT:=5432}" "${SQL_USER:=temporal}"
: "${TEMPORAL_ADDRESS:=temporal:7233}" "${TEMPORAL_NAMESPACE:=ironstep}"
export SQL_PLUGIN SQL_HOST SQL_PORT SQL_USER TEMPORAL_ADDRESS TEMPORAL_NAMESPACE
# How long a run that is over can still be looked at.
: "${RETENTION:=90d}"
: "${SQL_PASSWORD_FILE:=/run/secrets/postgres_password}"
# Those of src/contract.ts, all of type Keyword; a test compares them.
search_attributes='ServerName Provider Phase Attention'
# One a second.
attempts=60

main() {
  case ${1:-} in
    schema) set_up_schema ;;
    namespace) set_up_namespace ;;
    *)
      echo 'usage: setup.sh schema | namespace' >&2
      exit 2
      ;;
  esac
}

set_up_schema() {
  SQL_PASSWORD=$(cat "$SQL_PASSWORD_FILE")
  export SQL_PASSWORD
  update_database temporal temporal
  update_database temporal_visibility visibility
}

# create and setup-schema leave alone what is there; update-schema applies what is missing.
update_database() {
  temporal-sql-tool --db "$1" create
  temporal-sql-tool --db "$1" setup-schema -v 0.0
  temporal-sql-tool --db "$1" update-schema --schema-name "postgresql/v12/$2"
  echo "$1: schema is up to date"
}

set_up_namespace() {
  wait_until_serving
  if temporal operator namespace describe -n "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
    temporal operator namespace update -n "$TEMPORAL_NAMESPACE" --retention "$RETENTION" >/dev/null
  else
    temporal operator namespace create -n "$TEMPORAL_NAMESPACE" --retention "$RETENTION" \
      --description 'ironstep' >/dev/null
  fi
  echo "namespace $TEMPORAL_NAMESPACE: retention $RETENTION"
  add_search_attributes
}

# What is registered already stays as it is. A namespace that was just made is not known to every
# part of the server at once, hence the attempts.
add_search_attributes() {
  set --
  for name in $search_attributes; do set -- "$@" --name "$name" --type Keyword; done
  attempt=0
  until said=$(temporal operator search-attribute create "$@" 2>&1); do
    attempt=$((attempt + 1))
    [ "$attempt" -lt "$attempts" ] || fail "search attributes cannot be registered: $said"
    sleep 1
  done
  echo "search attributes: $search_attributes"
}

wait_until_serving() {
  attempt=0
  until temporal operator cluster health >/dev/null 2>&1; do
    attempt=$((attempt + 1))
    [ "$attempt" -lt "$attempts" ] || fail "Temporal does not serve at $TEMPORAL_ADDRESS"
    sleep 1
  done
}

fail() {
  echo "setup.sh: $1" >&2
  exit 1
}

main "$@"
