// Judges of contracts that come as Node packages: reads {judge, cases} from stdin, one case each,
// and answers with a list of what each case was found to be. Found beside the repository.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const require = createRequire(process.env.NODE_MODULES_AT + '/');
const { judge, cases } = JSON.parse(readFileSync(0, 'utf8'));

const judges = {
  // Subgraphs composed into a supergraph, and a contract of it for each set of excluded tags.
  compose() {
    const { composeServices, composeSchemaContract } = require('@theguild/federation-composition');
    const { parse } = require('graphql');
    return cases.map(({ subgraphs, contracts }) => {
      const services = Object.entries(subgraphs).map(([name, sdl]) =>
        ({ name, typeDefs: parse(sdl), url: `http://${name}/graphql` }));
      const found = composeServices(services);
      const out = { errors: (found.errors ?? []).map((e) => e.message), sdl: found.publicSdl, contracts: {} };
      for (const [audience, tags] of Object.entries(contracts ?? {})) {
        const cut = composeSchemaContract(services,
          { include: new Set(), exclude: new Set(tags) }, true);
        out.errors.push(...(cut.errors ?? []).map((e) => `${audience}: ${e.message}`));
        out.contracts[audience] = cut.publicSdl;
      }
      return out;
    });
  },
  // AsyncAPI documents: every diagnostic, whatever its severity.
  async asyncapi() {
    const { Parser } = require('@asyncapi/parser');
    const out = [];
    for (const text of cases) {
      const { document, diagnostics } = await new Parser().parse(text);
      out.push({ read: document !== undefined, told: diagnostics.map((d) =>
        `${d.severity} ${d.code} ${d.path.join('.')}: ${d.message}`) });
    }
    return out;
  },
};
console.log(JSON.stringify(await judges[judge]()));
