// An OpenID provider for tests: the npm package `oidc-provider`, as it comes, on a free port of loopback.
//
// node provider.mjs ENTRY CALLBACK [CALLBACK]
//   ENTRY     the package's entry, as a file URL
//   CALLBACK  where the client `bellwether` may be called back; of the client `other`, too
//
// It prints its issuer on a line of its own and serves until its standard input ends. Whoever signs in as
// `NAME` has the mail address `NAME@example.org`; it is verified unless the name is `unverified`. `boss` is
// in the group `admins`, `guest` in none, everybody else in `staff`.
import http from 'node:http';

const [entry, ...redirect_uris] = process.argv.slice(2);
const { default: Provider } = await import(entry);
const server = http.createServer();
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const issuer = `http://127.0.0.1:${server.address().port}`;
const groups = (name) => (name === 'boss' ? ['admins'] : name === 'guest' ? [] : ['staff']);
const client = (client_id) => ({ client_id, client_secret: 'a secret of tests', redirect_uris });
const provider = new Provider(issuer, {
  clients: [client('bellwether'), client('other')],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['groups'] },
  conformIdTokenClaims: false,
  cookies: { keys: ['only for tests'] },
  pkce: { required: () => true },
  findAccount: (_, name) => ({
    accountId: name,
    claims: () => ({
      sub: name,
      email: `${name}@example.org`,
      email_verified: name !== 'unverified',
      groups: groups(name),
    }),
  }),
});
server.on('request', provider.callback());
process.stdin.on('end', () => process.exit(0)).resume();
console.log(issuer);
