# How long clients that dribble or wait hold the server, beside stock httpd.

.PHONY: bench-slow
bench-slow: all ## slow and nasty clients, beside stock httpd (5 minutes)
	$(PYTHON) -B tests/bench/bench_slow.py
