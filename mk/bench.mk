# Figures, each with its conditions, written to docs/ by the command itself.

.PHONY: bench bench-httpd
bench: bench-ledger bench-scan bench-httpd ## all figures in docs/measurements*

# callgrind counts, so a busy machine does not matter
bench-httpd: all ## instructions per request, beside what else people use
	PG_SLOW=10 $(PYTHON) -B tests/bench/bench_httpd.py
