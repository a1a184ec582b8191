// The row-by-row method, as bridges in Node usually are: pages of 100 by offset, a transaction for
// each row, the newer updated_at wins. It has no links: a platform key holds its legacy key.
//
//   node sync.js first-load ROWS     the first ROWS items from legacy to platform
//   node sync.js changes STAMP       what was stamped later (Berlin's wall clock), there and back
//
// LEGACY and PLATFORM say where, each {"host", "user", "database"} as JSON. Prints the number of
// rows written.
import knex from 'knex';
import pg from 'pg';

const PAGE = 100;
const STATES = ['draft', 'active', 'retired'];

// Stamps stay text, so that no microsecond is lost: 1114 is timestamp, 1184 timestamptz.
for (const type of [1114, 1184]) pg.types.setTypeParser(type, String);

const connect = (variable) =>
  knex({client: 'pg', connection: JSON.parse(process.env[variable]), pool: {min: 0, max: 2}});

// Either side: how its changes are read, and how a row of the other side is spelled there.
// `stamp` is Berlin's wall clock on both.
const legacy = {
  db: connect('LEGACY'),
  table: 'items',
  stamp: 'updated_at',
  fromOther: (trx, row) => ({
    id: Number(`0x${row.id.slice(-8)}`),
    tenant_id: 42,
    name: row.title,
    status: STATES.indexOf(row.state),
    price_cents: Math.round(Number(row.price) * 100),
    note: row.note,
    updated_at: row.stamp,
  }),
};
const platform = {
  db: connect('PLATFORM'),
  table: 'shop.items',
  stamp: "updated_at AT TIME ZONE 'Europe/Berlin'",
  fromOther: (trx, row) => ({
    id: row.platform_id,
    tenant_id: '0b9b3f5e-8a51-4f0e-a6c7-42d1c0ffee42',
    title: row.name,
    state: STATES[row.status],
    price: (row.price_cents / 100).toFixed(2),
    note: row.note,
    updated_at: trx.raw("?::timestamp AT TIME ZONE 'Europe/Berlin'", [row.stamp]),
  }),
};

function page(side, since, offset) {
  const rows = side.db(side.table)
    .select('*', side.db.raw(`${side.stamp} AS stamp`))
    .orderBy(['updated_at', 'id']).limit(PAGE).offset(offset);
  if (side === legacy) {
    return rows.select(side.db.raw('uuid_of(id) AS platform_id')).where('updated_at', '>', since);
  }
  return rows.whereRaw("updated_at > ?::timestamp AT TIME ZONE 'Europe/Berlin'", [since]);
}

// Writes one row to the other side unless the row there is as new. Gives rows written.
function carry(target, row) {
  return target.db.transaction(async (trx) => {
    const {id, ...values} = target.fromOther(trx, row);
    const old = await trx(target.table).where({id}).first(trx.raw(`${target.stamp} AS stamp`));
    if (old && old.stamp >= row.stamp) return 0;
    if (old) {
      await trx(target.table).where({id}).update(values);
    } else {
      await trx(target.table).insert({id, ...values});
    }
    return 1;
  });
}

async function push(source, target, since, limit) {
  let written = 0;
  for (let offset = 0; offset < limit; offset += PAGE) {
    const rows = await page(source, since, offset);
    for (const row of rows) written += await carry(target, row);
    if (rows.length < PAGE) break;
  }
  return written;
}

const [verb, argument] = process.argv.slice(2);
let written = 0;
if (verb === 'first-load') {
  written = await push(legacy, platform, '-infinity', Number(argument));
} else {
  written = await push(legacy, platform, argument, Infinity);
  written += await push(platform, legacy, argument, Infinity);
}
console.log(written);
await Promise.all([legacy.db.destroy(), platform.db.destroy()]);
