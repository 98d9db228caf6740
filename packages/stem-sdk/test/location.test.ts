import { describe, expect, it } from 'vitest';
import { SdkError } from '@xir/stem-sdk';
import { basicAuthorization, locateNeuron } from '../src/location.ts';

describe('the neuron', () => {
  it('is where the URL says, before the environment', () => {
    const environment = { XIR_NEURON_URL: 'http://b:1', NEURON_PORT_4006_TCP_ADDR: '10.0.0.1' };
    expect(locateNeuron('https://a/prefix/', environment).url).toBe('https://a/prefix');
    expect(locateNeuron(undefined, environment).url).toBe('http://b:1');
    expect(locateNeuron(undefined, { ...environment, XIR_NEURON_URL: '' }).url).toBe('http://10.0.0.1:4006');
    expect(locateNeuron(undefined, { NEURON_PORT_4006_TCP_ADDR: 'fd00::1' }).url).toBe('http://[fd00::1]:4006');
    expect(locateNeuron(undefined, { XIR_NEURON_URL: 'rediss://elena:s@b:4007/0' })).toEqual({ url: 'rediss://b:4007', credentials: { account: 'elena', secret: 's' } });
    expect(locateNeuron(undefined, {}).url).toBe('http://127.0.0.1:4006');
  });

  it('is logged in to with the credentials of the URL, which are taken out of it', () => {
    expect(locateNeuron('http://%24sys:se%20cret@h:4006/', {})).toEqual({ url: 'http://h:4006', credentials: { account: '$sys', secret: 'se cret' } });
    expect(locateNeuron('http://a:50%@h', {}).credentials).toEqual({ account: 'a', secret: '50%' });
  });

  it.each(['', 'neuron:4006', 'ftp://a:hunter2@h', '::hunter2', 'redis:hunter2', 'redis://:hunter2@h', 'http://:hunter2@h'])('refuses %j as SDK_BAD_URL without repeating it', (url) => {
    const error = catchError(() => locateNeuron(url, {}));
    expect(error).toBeInstanceOf(SdkError);
    expect(error).toMatchObject({ code: 'SDK_BAD_URL' });
    expect(String(error)).not.toContain('hunter2');
  });

  it('gets a login in UTF-8', () => {
    expect(basicAuthorization({ account: 'é', secret: '𝄞' })).toBe(`Basic ${Buffer.from('é:𝄞').toString('base64')}`);
  });
});

function catchError(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
