/** The conventions of this project that no rule of oxlint's own keeps: each with what to write instead. */

/** The kind of a module, in the order of the groups: Node's own, packages, files of ours. */
const groupOf = (path) => (path.startsWith('node:') ? 0 : path.startsWith('.') ? 2 : 1)

const inOrder = (a, b) => groupOf(a) - groupOf(b) || (a < b ? -1 : a > b ? 1 : 0)

/** Imports for what they export: those that are for their effects stay where they are, in the order that they need. */
const importOrder = {
  meta: { type: 'layout', fixable: 'code' },
  create(context) {
    return {
      Program(program) {
        const imports = program.body.filter((node) => node.type === 'ImportDeclaration' && node.specifiers.length > 0)
        const sorted = imports.toSorted((a, b) => inOrder(a.source.value, b.source.value))
        const wrong = imports.findIndex((node, i) => node !== sorted[i])
        // a type that is a module's default stands in an import of its own
        const named = sorted.filter(({ specifiers }) => specifiers.every(({ type }) => type === 'ImportSpecifier'))
        const twice = named.find((node, i) => node.source.value === named[i + 1]?.source.value)
        if (twice)
          context.report({
            node: twice,
            message: `Import from ${twice.source.value} once: { things, type Types }.`,
          })
        if (wrong < 0) return
        const text = (node) => context.sourceCode.getText(node)
        context.report({
          node: imports[wrong],
          message:
            'Imports come in the order of their paths: node:…, packages, then ../../, ../ and ./ (oxlint --fix).',
          fix: (fixer) => imports.map((node, i) => fixer.replaceText(node, text(sorted[i]))),
        })
      },
    }
  },
}

const privateMembers = {
  meta: { type: 'suggestion' },
  create(context) {
    return {
      PrivateIdentifier(node) {
        context.report({
          node,
          message:
            'Write `private`, as everywhere: it does for parameters of a constructor too, and #names break behind a proxy.',
        })
      },
    }
  },
}

const constantNames = {
  meta: { type: 'suggestion' },
  create(context) {
    const check = ({ kind, declarations }) => {
      if (kind !== 'const') return
      for (const { id } of declarations)
        if (id.type === 'Identifier' && /^[A-Z][A-Z0-9_]+$/.test(id.name))
          context.report({ node: id, message: 'Constants are named as everything else is: camelCase.' })
    }
    return {
      Program({ body }) {
        for (const node of body) {
          if (node.type === 'VariableDeclaration') check(node)
          if (node.type === 'ExportNamedDeclaration' && node.declaration?.type === 'VariableDeclaration')
            check(node.declaration)
        }
      },
    }
  },
}

const firstSentence = {
  meta: { type: 'suggestion' },
  create(context) {
    return {
      Program(node) {
        if (!/^\s*(#!.*\n)?\/\*\*/.test(context.sourceCode.text))
          context.report({ node, message: 'A file opens with one sentence that says what it is for: /** … */.' })
      },
    }
  },
}

export default {
  meta: { name: 'house' },
  rules: {
    'import-order': importOrder,
    'private-members': privateMembers,
    'constant-names': constantNames,
    'first-sentence': firstSentence,
  },
}
