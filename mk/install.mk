# Puts files in place; enables nothing and restarts nothing.
MODULE_DIR = $(DESTDIR)$(shell $(APXS) -q LIBEXECDIR)
SHARE_DIR  = $(DESTDIR)$(PREFIX)/share/mod_proxyguard
# Debian's a2enmod looks here
AVAILABLE  = $(DESTDIR)$(shell $(APXS) -q SYSCONFDIR)/mods-available

MANUAL     = $(wildcard docs/proxyguard.1)
BASH_WORDS = $(wildcard packaging/completion/proxyguard.bash)

.PHONY: install uninstall
install: all ## install the module for apxs' httpd; DESTDIR=, PREFIX=
	install -D -m 644 $(MODULE) $(MODULE_DIR)/mod_proxyguard.so
	install -D -m 644 proxyguard.conf $(SHARE_DIR)/proxyguard.conf
	$(if $(COMMAND),install -D -m 755 $(COMMAND) \
	    $(DESTDIR)$(PREFIX)/bin/proxyguard)
	$(if $(MANUAL),install -D -m 644 $(MANUAL) \
	    $(DESTDIR)$(PREFIX)/share/man/man1/proxyguard.1)
	$(if $(BASH_WORDS),install -D -m 644 $(BASH_WORDS) $(DESTDIR)$(PREFIX)\
	/share/bash-completion/completions/proxyguard)
	@if command -v a2enmod >/dev/null 2>&1; then \
	    install -d $(AVAILABLE) && \
	    echo "LoadModule proxyguard_module" \
	        "$$($(APXS) -q LIBEXECDIR)/mod_proxyguard.so" \
	        > $(AVAILABLE)/proxyguard.load && \
	    install -m 644 proxyguard.conf $(AVAILABLE)/proxyguard.conf && \
	    echo "Installed, not enabled. Next: a2enmod proxyguard"; \
	else \
	    echo "Installed, not enabled. Next, in httpd.conf:"; \
	    echo "  LoadModule proxyguard_module" \
	        "$$($(APXS) -q LIBEXECDIR)/mod_proxyguard.so"; \
	    echo "  Include $(PREFIX)/share/mod_proxyguard/proxyguard.conf"; \
	fi

uninstall: ## remove what install put in place
	rm -f $(MODULE_DIR)/mod_proxyguard.so $(SHARE_DIR)/proxyguard.conf \
	    $(DESTDIR)$(PREFIX)/bin/proxyguard \
	    $(DESTDIR)$(PREFIX)/share/man/man1/proxyguard.1 \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions/proxyguard \
	    $(AVAILABLE)/proxyguard.load $(AVAILABLE)/proxyguard.conf
	-rmdir $(SHARE_DIR) 2>/dev/null
