// A certified OpenID provider on loopback: node op.mjs PORT. Whoever logs in as `alice` has the
// address alice@example.com; as `unverified-alice` the same unverified, as `other-alice` the
// same address under another subject, and as `elsewhere-alice` at another organisation.
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';

const port = Number(process.argv[2]);
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = { ...privateKey.export({ format: 'jwk' }), kid: 'first', alg: 'RS256', use: 'sig' };

function claims(login) {
  const [kind, name] = login.includes('-') ? login.split('-') : ['', login];
  return {
    sub: login,
    name,
    email: `${name}@example.com`,
    email_verified: kind !== 'unverified',
    hd: kind === 'elsewhere' ? 'elsewhere.example.com' : 'example.com',
  };
}

const provider = new Provider(`http://127.0.0.1:${port}`, {
  jwks: { keys: [key] },
  clients: [
    {
      client_id: 'waw-desktop',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1/'],
      grant_types: ['authorization_code'],
    },
    {
      client_id: 'waw-web',
      client_secret: 'a secret of the pages',
      redirect_uris: ['http://testserver/auth/google/callback'],
      grant_types: ['authorization_code'],
    },
  ],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'hd'] },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true } },
  findAccount: (context, login) => ({ accountId: login, claims: async () => claims(login) }),
  cookies: { keys: ['for tests'] },
});
provider.listen(port, '127.0.0.1', () => console.log('ready'));
