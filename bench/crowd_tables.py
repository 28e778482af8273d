"""The statements that fill a throw-away database with a provider's years of work, one for each table.

`sites` data centers of `assets` machines each, and `orders` orders, numbered 1 to N from the oldest to the
newest and dealt to the sites in turn: so number, site, machine and technician of any row follow from its number.
"""

from __future__ import annotations

from typing import Final

ZONES: Final = (
    "Europe/Amsterdam", "America/New_York", "Europe/London", "Asia/Singapore", "America/Los_Angeles",
    "Europe/Berlin", "Asia/Tokyo", "Australia/Sydney", "America/Sao_Paulo", "Asia/Kolkata",
)  # fmt: skip
TECHNICIANS: Final = 6  # a site
DEVICES: Final = 20  # of the machines of a site: 16 PDUs, then 4 switches
A_DAY: Final = 8  # jobs in a technician's full day; there were two a day in the past
OPEN_SHARE: Final = 0.06
DONE: Final = ("release", "claim", "match", "start", "completion", "closure", "confirmation")
STATES: Final = ("booked", "released", "claimed", "matched", "working", "verifying", "awaiting_confirmation", "closed")

SITES: Final = """
INSERT INTO site (id, code, name, time_zone, hours, worker_seen_at)
SELECT s, 'S' || lpad(s::text, 3, '0'), 'Data center ' || s,
       (%(zones)s::text[])[1 + s %% array_length(%(zones)s::text[], 1)],
       'Mon-Fri 08:00-17:00', now()
FROM generate_series(1, %(sites)s) s;
INSERT INTO closed_day (id, site_id, day, name, source, confirmed_by, confirmed_at)
SELECT (s - 1) * 36 + d, s, %(at)s::date - 730 + d * 30, 'Holiday ' || d, 'entered', 'bench', now()
FROM generate_series(1, %(sites)s) s, generate_series(1, 36) d;
INSERT INTO rack (id, site_id, room, name, units)
SELECT (s - 1) * 12 + r, s, '2.0' || (r %% 4), 'B' || r, 48
FROM generate_series(1, %(sites)s) s, generate_series(1, 12) r
"""

PEOPLE: Final = """
INSERT INTO person (id, name, full_name, active)
SELECT p, 'tech' || p, 'Technician Number' || p, true FROM generate_series(1, %(sites)s * %(technicians)s) p;
INSERT INTO role_grant (id, person_id, role, site_id)
SELECT p, p, 'technician', (p - 1) / %(technicians)s + 1 FROM generate_series(1, %(sites)s * %(technicians)s) p;
INSERT INTO roster (id, person_id, site_id, hours, valid_from)
SELECT p, p, (p - 1) / %(technicians)s + 1, 'Mon-Fri 08:00-17:00', %(at)s::date - 900
FROM generate_series(1, %(sites)s * %(technicians)s) p;
INSERT INTO person (id, name, full_name, active)
SELECT %(sites)s * %(technicians)s + n, role || n, initcap(role) || ' Everywhere', true
FROM unnest(ARRAY['lena', 'sam', 'max', 'ada']) WITH ORDINALITY AS somebody (role, n);
INSERT INTO role_grant (id, person_id, role, site_id)
SELECT %(sites)s * %(technicians)s + n, %(sites)s * %(technicians)s + n, role, NULL
FROM unnest(ARRAY['l1_engineer', 'sysadmin', 'manager', 'admin']) WITH ORDINALITY AS held (role, n);
INSERT INTO absence (id, person_id, starts_at, ends_at)
SELECT p * 12 + n, p, %(at)s + (n * 60 - 680) * interval '1 day', %(at)s + (n * 60 - 675) * interval '1 day'
FROM generate_series(1, %(sites)s * %(technicians)s) p, generate_series(1, 12) n
"""

ASSETS: Final = """
INSERT INTO asset (id, tag, role, name, serial, model, site_id, rack_id, u, height, face, customer)
SELECT (s - 1) * %(assets)s + n, 'S' || lpad(s::text, 3, '0') || '-' || lpad(n::text, 5, '0'),
       CASE WHEN n <= 16 THEN 'pdu' WHEN n <= %(devices)s THEN 'switch' ELSE 'server' END,
       'host' || n || '.s' || s, 'SN' || s || 'X' || n, 'Model ' || n %% 9, s, (s - 1) * 12 + 1 + n %% 12,
       1 + n %% 42, 1, 'front', 'customer ' || n %% 900
FROM generate_series(1, %(sites)s) s, generate_series(1, %(assets)s) n;
INSERT INTO endpoint (id, asset_id, protocol, settings)
SELECT id, id, CASE role WHEN 'server' THEN 'ipmi' ELSE 'snmp' END, '{"address": "127.0.0.1"}' FROM asset;
INSERT INTO power_cord (id, asset_id, psu, pdu_id, outlet)
SELECT id * 2 + p, id, p + 1, (site_id - 1) * %(assets)s + 1 + (id + p * 8) %% 16, 'o' || id || '-' || p
FROM asset, generate_series(0, 1) p WHERE role = 'server';
INSERT INTO network_cable (id, asset_id, port, switch_id, switch_port)
SELECT id, id, 'eth0', (site_id - 1) * %(assets)s + 17 + id %% 4, 'ge-' || id FROM asset WHERE role = 'server';
INSERT INTO diagnostics (id, asset_id, state, reason, requested_by, requested_at, taken_at, deadline_s, parts,
                         document, worst, frozen)
SELECT gen_random_uuid(), id, 'done', 'page', 'bench', now(), now(), 10, '[]',
       CASE WHEN id %% 20 = 1 THEN %(whole)s ELSE %(short)s END::jsonb, 'ok', false
FROM asset
"""

# Every order's facts by its number, kept for the others to read; `k` is its place among its site's.
PLAN: Final = """
CREATE UNLOGGED TABLE bench_plan AS
WITH numbered AS (
    SELECT i, 1 + (i - 1) %% %(sites)s AS site_id, (i - 1) / %(sites)s AS k, i > %(orders)s - %(open)s AS is_open
    FROM generate_series(1, %(orders)s) i
), placed AS (
    SELECT numbered.*, k / %(technicians)s AS j, (%(orders)s - %(open)s) / %(sites)s / %(technicians)s AS past_js,
           (site_id - 1) * %(technicians)s + 1 + k %% %(technicians)s AS technician_id,
           (site_id - 1) * %(assets)s + %(devices)s + 1 + (k * 7919) %% (%(assets)s - %(devices)s) AS asset_id
    FROM numbered
), timed AS (
    SELECT placed.*, CASE WHEN is_open THEN (j - past_js) / %(a_day)s ELSE (past_js - j) / 2 + 1 END AS days,
           CASE WHEN is_open THEN 8 + (j - past_js) %% %(a_day)s ELSE 9 + 3 * (j %% 2) END AS hour
    FROM placed
)
SELECT i, 'WO-2025-' || lpad(i::text, 7, '0') AS number,
       site_id, asset_id, technician_id, is_open, site.time_zone,
       CASE WHEN NOT is_open THEN CASE WHEN i %% 25 = 0 THEN 'cancelled' ELSE 'closed' END
            WHEN k %% 100 < 70 THEN 'booked' WHEN k %% 100 < 76 THEN 'needs_info'
            WHEN k %% 100 < 79 THEN 'awaiting_approval' WHEN k %% 100 < 84 THEN 'awaiting_consent'
            WHEN k %% 100 < 88 THEN 'awaiting_part' WHEN k %% 100 < 92 THEN 'released'
            WHEN k %% 100 < 93 THEN 'claimed' WHEN k %% 100 < 95 THEN 'working'
            WHEN k %% 100 < 96 THEN 'verifying' ELSE 'awaiting_confirmation' END AS state,
       (CASE WHEN is_open THEN workday(%(at)s::date + 1, days::int) ELSE workday(%(at)s::date - 7, -days::int) END
        + make_interval(hours => hour::int)) AT TIME ZONE site.time_zone AS starts_at
FROM timed JOIN site ON site.id = site_id
"""
WORKDAY: Final = """
CREATE FUNCTION workday(date, int) RETURNS timestamp LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (date_trunc('week', $1) + make_interval(weeks => floor($2 / 5.0)::int, days => (($2 % 5) + 5) % 5)) $$
"""

TICKETS: Final = """
INSERT INTO ticket (id, system, external_id, url, subject, channel, opened_at, first_response_at, closed)
SELECT i, 'console', 'T-' || i, 'https://tickets.example/' || i, 'Disk failed in server ' || asset_id, 'ticket',
       starts_at - interval '1 day',
       CASE WHEN i %% 5000 <> 0 OR NOT is_open THEN starts_at - interval '1 day' + interval '5 minutes' END, NOT is_open
FROM bench_plan
"""
ESCALATIONS: Final = """
INSERT INTO escalation (id, number, ticket_id, asset_id, job_kind, team, reason, priority, summary, tried, answers,
                        created_by, created_at)
SELECT i, 'ESC-2025-' || lpad(i::text, 7, '0'), i, asset_id, 'disk_swap',
       'data_center', 'server_issue', 'high', 'Disk in bay 3 has failed. The array is degraded.',
       'Rebooted the monitoring agent.', '{"bay": "3"}', 'lena1', starts_at - interval '1 day' FROM bench_plan
"""
APPOINTMENTS: Final = """
INSERT INTO appointment (id, site_id, technician_id, machine_id, order_number, during, starts_local, ends_local,
                         time_zone, active)
SELECT i, site_id, technician_id, asset_id, number, tstzrange(starts_at, starts_at + interval '60 minutes'),
       to_char(starts_at AT TIME ZONE time_zone, 'YYYY-MM-DD"T"HH24:MI:SS+00:00'),
       to_char(starts_at AT TIME ZONE time_zone + interval '60 minutes', 'YYYY-MM-DD"T"HH24:MI:SS+00:00'),
       time_zone, state <> 'cancelled'
FROM bench_plan WHERE state NOT IN ('needs_info', 'awaiting_approval', 'awaiting_consent', 'awaiting_part')
"""
ORDERS: Final = """
INSERT INTO work_order (id, number, state, version, escalation_id, site_id, asset_id, ticket_id, job_kind, minutes,
    priority, summary, answers, target, created_at, created_by, appointment_id, promise_from, promise_to,
    promise_finish, promise_explanation, approval_needed, consent_needed, part_needed, waiting_what, waiting_who,
    waiting_since, holder_id, claimed_at, match, matched_at, started_at, finished_at, outcome, closed_at, confirm_by,
    flags, codes)
SELECT i, number, state, 8, i, site_id, asset_id, i, 'disk_swap', 30,
    (ARRAY['normal', 'high', 'urgent'])[1 + i %% 3], 'Disk in bay 3 has failed. The array is degraded.',
    '{"bay": "3"}', '3', starts_at - interval '1 day', 'lena1',
    CASE WHEN waits IS NULL THEN i END, CASE WHEN waits IS NULL THEN starts_at END,
    CASE WHEN waits IS NULL THEN starts_at + interval '8 hours' END,
    CASE WHEN waits IS NULL THEN starts_at + interval '9 hours' END, '["open until 17:00"]',
    state = 'awaiting_approval', state = 'awaiting_consent', state = 'awaiting_part', waits,
    CASE WHEN waits IS NOT NULL THEN 'Level 1' END, CASE WHEN waits IS NOT NULL THEN starts_at - interval '1 day' END,
    CASE WHEN state IN ('claimed', 'working', 'verifying', 'awaiting_confirmation', 'closed') THEN technician_id END,
    CASE WHEN touched THEN starts_at END, CASE WHEN touched THEN '{"by": "bench", "wrong": [], "pending": false}'::jsonb
    END, CASE WHEN touched THEN starts_at END, CASE WHEN touched THEN starts_at END,
    CASE WHEN done THEN starts_at + interval '40 minutes' END,
    CASE WHEN done THEN (ARRAY['repaired', 'repaired', 'no_fault_found'])[1 + i %% 3] END,
    CASE WHEN NOT is_open THEN starts_at + interval '2 days' END,
    CASE WHEN state = 'awaiting_confirmation' THEN %(at)s + interval '2 days' END, '[]', '[]'
FROM (
    SELECT *, state IN ('working', 'verifying', 'awaiting_confirmation', 'closed') AS touched,
           state IN ('awaiting_confirmation', 'closed') AS done,
           (ARRAY['answers', 'approval', 'consent', 'part'])[array_position(
               ARRAY['needs_info', 'awaiting_approval', 'awaiting_consent', 'awaiting_part'], state)] AS waits
    FROM bench_plan) planned
"""
STEPS: Final = """
INSERT INTO step (id, order_id, position, key, title, evidence, destructive, done_at, done_by, given)
SELECT i * 8 + n, i, n, keys[n], 'Step ' || n || ': do it as the procedure of the swap says', 'tick', n = 5,
       CASE WHEN state = 'closed' THEN starts_at + n * interval '4 minutes' END,
       CASE WHEN state = 'closed' THEN 'tech' || technician_id END, CASE WHEN state = 'closed' THEN '{}'::jsonb END
FROM bench_plan, generate_series(1, 8) n,
     (SELECT ARRAY['esd', 'photo_before', 'new_serial', 'bay_confirmed', 'pull', 'old_serial', 'insert',
                   'photo_after'] AS keys) of_swap
"""
# The hashes look like hashes and are no chain: nothing here is ever verified.
EVENTS: Final = """
INSERT INTO event (id, stream, seq, at, by, verb, from_state, to_state, why, detail, previous_hash, hash)
SELECT i * 8 + n, number, n, starts_at + n * interval '5 minutes' - interval '1 hour', 'tech' || technician_id,
       (ARRAY['note', 'release', 'claim', 'match', 'start', 'completion', 'confirmation'])[n], 'booked', state,
       CASE WHEN n = 1 THEN 'Disk in bay 3 has failed. The array is degraded.' END,
       '{"escalation": "ESC-2026-000001", "pending": false}', md5(i || '-' || n) || md5(n || '-' || i),
       md5(i || '-' || n + 1) || md5(n + 1 || '-' || i)
FROM bench_plan, generate_series(1, 7) n
WHERE n <= CASE state WHEN 'closed' THEN 7 WHEN 'awaiting_confirmation' THEN 6 WHEN 'working' THEN 5 ELSE 1 END
"""
MESSAGES: Final = """
INSERT INTO message (id, ticket_id, seq, key, kind, subject, public_text, internal_text, state, attempts, created_at,
                     next_at, sent_at, receipt, automatic)
SELECT gen_random_uuid(), i, n, number || ':' || kind || ':' || n, kind, number,
       'Dear customer, work order ' || i || ' for your server is ' || kind || '. The technicians of the data center '
       || 'look at it inside their hours; you are told here at every turn, and need not write again.',
       kind || ' by technician ' || technician_id, CASE WHEN i %% 20000 = 0 AND n = 1 THEN 'dead' ELSE 'sent' END, 1,
       starts_at, starts_at, starts_at, 'r-' || i, false
FROM bench_plan, unnest(ARRAY['booked', 'started', 'closed_report', 'closed']) WITH ORDINALITY AS told (kind, n)
WHERE n <= CASE state WHEN 'closed' THEN 4 WHEN 'working' THEN 2 ELSE 1 END
"""
REFERRALS: Final = """
INSERT INTO referral (id, number, version, team, state, order_id, ticket_id, from_rack, why, next_steps, opened_by,
                      created_at, team_opens_at, promise_to, promise_explanation)
SELECT i, 'REF-2025-' || lpad(i::text, 7, '0'), 1,
       (ARRAY['system_administrators', 'management', 'billing'])[1 + i / 50 %% 3],
       CASE WHEN is_open AND i %% 500 = 0 THEN 'open' ELSE 'answered' END, i, i, i %% 1000 = 0,
       'The array rebuilds twice', 'They look at it.', 'tech' || technician_id, starts_at, starts_at,
       starts_at + interval '2 hours', '[]'
FROM bench_plan WHERE i %% 50 = 0
"""
PARTS: Final = """
INSERT INTO spare (id, site_id, kind, name, part_number, serial, location, state, arrived_at, version)
SELECT i, 1 + i %% %(sites)s, 'drive', '4 TB SAS', 'ST4000-' || i %% 7, 'SP-' || i, 'Cage A', 'in_stock', now(), 1
FROM generate_series(1, 20 * %(sites)s) i;
INSERT INTO removed_part (id, site_id, order_number, asset_tag, kind, bay, serial, removed_by, removed_at, state, since,
                          waits_for_order, version)
SELECT i, site_id, 'WO-' || i, 'S001-00021', 'drive', '3', 'RP-' || i, 'tech1', now() - interval '2 hours',
       CASE WHEN i %% 500 = 0 THEN 'bagged' ELSE 'certified' END, now() - interval '1 hour', false, 1
FROM bench_plan WHERE i %% 25 = 0
"""
NUMBERS: Final = """
INSERT INTO number_year (prefix, year, before)
SELECT prefix, extract(year FROM now())::int, 0 FROM unnest(ARRAY['WO', 'ESC', 'REF']) prefix;
SELECT setval('number_wo', %(orders)s), setval('number_esc', %(orders)s), setval('number_ref', %(orders)s)
"""
