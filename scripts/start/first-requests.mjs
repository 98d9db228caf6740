/**
 * Three requests to paste into a shell, for a neuron that answers at `restUrl`. Single quotes keep `$sys` from the shell; `_splat_`
 * lets the write be pasted twice.
 *
 * @param {string} restUrl such as `http://127.0.0.1:4006`
 * @param {string} [login] `name:secret` of an account
 * @returns {{ says: string, command: string }[]}
 */
export function firstRequests(restUrl, login = '$sys:secret') {
  const curl = `curl -s -u '${login}'`;
  const base = restUrl.replace(/\/$/, '');
  return [
    { says: 'write a value', command: `${curl} -X PUT ${base}/_data/rooms/kitchen -d '{"k":"lamp","v":{"on":true,"_ver_":"_splat_"}}'` },
    { says: 'read it back', command: `${curl} '${base}/_data/rooms/kitchen?k=lamp'` },
    { says: 'see every value it ever had', command: `${curl} '${base}/_data/rooms/kitchen?k=lamp&time_series=1'` },
  ];
}
