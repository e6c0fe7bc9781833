# Figures, each with its conditions, written to docs/measurements.md by the
# command itself. Instructions are the same on a busy machine; for the others
# leave it alone.

.PHONY: bench bench-httpd
bench: bench-httpd cost bench-ledger bench-scan ## all figures but the long ones

bench-httpd: all ## instructions per request, beside what else people use
	PG_SLOW=10 $(PYTHON) -B tests/bench/bench_httpd.py
