// The elementary functions as trees that WebAssembly is written from: src/7-emit/wasm/math-program.ts says what they consist of.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/**
 * Every function of the files in `directory` as a program, and the numbers and tables that they read.
 *
 * @param {string} directory
 * @param {(path: string) => Promise<Record<string, unknown>>} load a file's exports, for the values of constants and tables
 * @returns {Promise<{ programs: Record<string, object>, tables: Record<string, readonly number[]> }>}
 */
export async function mathPrograms(directory, load) {
  const paths = readdirSync(directory).filter((name) => name.endsWith(".ts") && name !== "index.ts").sort(); // prettier-ignore
  const values = new Map();
  for (const name of paths) for (const [key, value] of Object.entries(await load(join(directory, name)))) values.set(key, value); // prettier-ignore
  const programs = {};
  const tables = {};
  for (const name of paths) {
    const text = readFileSync(join(directory, name), "utf8");
    for (const statement of ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true).statements) {
      if (!ts.isFunctionDeclaration(statement)) continue;
      const translation = new Translation(values, tables, statement.parameters);
      programs[statement.name.text] = {
        parameters: statement.parameters.map((p) => p.name.text),
        body: translation.block(statement.body),
      };
    }
  }
  // What is written to is no table.
  for (const array of storedArrays(programs)) delete tables[array];
  return { programs, tables };
}

function storedArrays(programs) {
  const found = new Set();
  const visit = (statements) => {
    for (const s of statements) {
      if (s.kind === "store") found.add(s.array);
      for (const inner of [s.then, s.else, s.body]) if (Array.isArray(inner)) visit(inner);
      if (s.kind === "loop") visit([s.step]);
    }
  };
  for (const { body } of Object.values(programs)) visit(body);
  return found;
}

class Translation {
  #values;
  #tables;
  #scopes = [new Map()];
  #count = 0;

  constructor(values, tables, parameters) {
    this.#values = values;
    this.#tables = tables;
    for (const { name } of parameters) this.#scopes[0].set(name.text, name.text);
  }

  /** Locals of inner blocks may have the name of an outer one: each gets its own. */
  block(node) {
    const statements = ts.isBlock(node) ? node.statements : [node];
    this.#scopes.push(new Map());
    const body = statements.flatMap((s) => this.#statement(s));
    this.#scopes.pop();
    return body;
  }

  #statement(node) {
    if (ts.isVariableStatement(node)) return node.declarationList.declarations.map((d) => this.#declaration(d));
    if (ts.isReturnStatement(node)) return [{ kind: "return", value: this.#expression(node.expression) }];
    if (ts.isExpressionStatement(node)) return [this.#assignment(node.expression)];
    if (ts.isIfStatement(node)) {
      const otherwise = node.elseStatement === undefined ? [] : this.block(node.elseStatement);
      return [{ kind: "if", condition: this.#expression(node.expression), then: this.block(node.thenStatement), else: otherwise }]; // prettier-ignore
    }
    if (ts.isForStatement(node)) {
      this.#scopes.push(new Map());
      const first = node.initializer.declarations.map((d) => this.#declaration(d));
      const condition = this.#expression(node.condition);
      const step = this.#assignment(node.incrementor);
      const body = this.block(node.statement);
      this.#scopes.pop();
      return [...first, { kind: "loop", condition, step, body }];
    }
    throw new Error(`no translation of ${node.getText()}`);
  }

  #declaration({ name, initializer }) {
    const value = initializer === undefined ? null : this.#expression(initializer);
    const own = this.#lookUp(name.text) === null ? name.text : `${name.text}${++this.#count}`;
    this.#scopes.at(-1).set(name.text, own);
    return { kind: "let", name: own, value };
  }

  #lookUp(name) {
    for (const scope of this.#scopes.toReversed()) if (scope.has(name)) return scope.get(name);
    return null;
  }

  #assignment(node) {
    if (ts.isPostfixUnaryExpression(node)) {
      const operator = node.operator === ts.SyntaxKind.PlusPlusToken ? "+" : "-";
      const target = this.#expression(node.operand);
      return { kind: "set", name: target.name, value: { kind: "binary", operator, left: target, right: { kind: "number", value: 1 } } }; // prettier-ignore
    }
    if (!ts.isBinaryExpression(node)) throw new Error(`no translation of ${node.getText()}`);
    const text = node.operatorToken.getText();
    const target = this.#expression(node.left);
    const right = this.#expression(node.right);
    const value = text === "=" ? right : { kind: "binary", operator: text.slice(0, -1), left: target, right };
    if (target.kind === "element") return { kind: "store", array: target.array, index: target.index, value };
    return { kind: "set", name: target.name, value };
  }

  #expression(node) {
    if (ts.isParenthesizedExpression(node)) return this.#expression(node.expression);
    if (ts.isNumericLiteral(node)) return { kind: "number", value: Number(node.text) };
    if (ts.isIdentifier(node)) {
      const local = this.#lookUp(node.text);
      if (local !== null) return { kind: "local", name: local };
      if (node.text === "Infinity" || node.text === "NaN") return { kind: "number", value: node.text };
      const value = this.#values.get(node.text);
      if (node.text === "highWord") return { kind: "local", name: "highWord" };
      if (typeof value === "number") return { kind: "number", value };
      return { kind: "local", name: node.text };
    }
    if (ts.isPrefixUnaryExpression(node)) {
      const operator = ts.tokenToString(node.operator);
      return { kind: "unary", operator, operand: this.#expression(node.operand) };
    }
    if (ts.isBinaryExpression(node)) {
      const operator = node.operatorToken.getText();
      return { kind: "binary", operator, left: this.#expression(node.left), right: this.#expression(node.right) };
    }
    if (ts.isConditionalExpression(node)) {
      const [condition, then, otherwise] = [node.condition, node.whenTrue, node.whenFalse].map((e) => this.#expression(e)); // prettier-ignore
      return { kind: "choose", condition, then, else: otherwise };
    }
    if (ts.isElementAccessExpression(node)) {
      const array = node.expression.text;
      const value = this.#values.get(array);
      if (value instanceof Float64Array) this.#tables[array] = Array.from(value);
      return { kind: "element", array, index: this.#expression(node.argumentExpression) };
    }
    if (ts.isCallExpression(node)) {
      return {
        kind: "call",
        name: node.expression.getText(),
        operands: node.arguments.map((a) => this.#expression(a)),
      };
    }
    throw new Error(`no translation of ${node.getText()}`);
  }
}
