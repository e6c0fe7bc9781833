# Figures, each with its conditions, written to docs/measurements.md by the
# command itself. Instructions are the same on a busy machine; for the others
# leave it alone.

.PHONY: bench bench-httpd
bench: bench-httpd bench-throughput bench-memory bench-slow cost bench-ledger bench-scan ## all figures but the long ones

bench-httpd: all ## instructions per request, beside what else people use
	PG_SLOW=10 $(PYTHON) -B tests/bench/bench_httpd.py

.PHONY: bench-throughput bench-memory
bench-throughput: all ## requests a second, in turns with bare httpd
	$(PYTHON) -B tests/bench/bench_throughput.py

bench-memory: all ## shared and private memory, before and after a million attempts
	$(PYTHON) -B tests/bench/bench_memory.py
