const LOGIN = `Basic ${Buffer.from('$sys:secret').toString('base64')}`;

/** The text of an HTTP/1.1 GET of a key, as a cell on the same host would send it. */
export function getRequest(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ${LOGIN}\r\nAccept: */*\r\n\r\n`;
}

/** The text of an HTTP/1.1 PUT of a JSON body. */
export function putRequest(path: string, body: string, authorization: string | undefined = LOGIN): string {
  const login = authorization === undefined ? '' : `Authorization: ${authorization}\r\n`;
  return `PUT ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${login}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** The same login as a header value. */
export const SYSTEM_LOGIN = LOGIN;
