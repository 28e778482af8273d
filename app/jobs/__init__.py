"""The work: escalations, work orders, referrals, their rules and their record. Composes all packages below."""
