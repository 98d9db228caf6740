#!/bin/sh
# Measurements of a sensor with redis-cli alone: every SET is a version of one key. REST reads the same memory.
set -eu
export REDISCLI_AUTH="${XIR_SECRET:-secret}"
neuron() {
  redis-cli -h "${XIR_TCP_HOST:-127.0.0.1}" -p "${XIR_TCP_PORT:-4007}" --user "${XIR_ACCOUNT:-\$sys}" "$@"
}

for celsius in 20 22 27; do
  neuron SET /examples/cellar/celsius "$celsius" >/dev/null
done
echo "measurements $(neuron --json KV4.SERIES /examples/cellar/celsius ASC | tr -d ' \n' | grep -o '"2[0-9]"' | tr -d '"' | paste -sd ' ' -)"
neuron KV4.AGG /examples/cellar/celsius | paste -sd ' ' - | sed 's/.*avg \([0-9.]*\).*/average \1/'
curl -s -u "${XIR_ACCOUNT:-\$sys}:$REDISCLI_AUTH" "${XIR_NEURON_URL:-http://127.0.0.1:4006}/_data/examples/cellar?k=celsius"
echo
