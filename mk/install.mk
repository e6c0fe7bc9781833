# Puts files in place; enables nothing and restarts nothing.
MODULE_DIR = $(DESTDIR)$(shell $(APXS) -q LIBEXECDIR)
SHARE_DIR  = $(DESTDIR)$(PREFIX)/share/mod_proxyguard
MAN_DIR    = $(DESTDIR)$(PREFIX)/share/man/man1
COMPLETION_DIR = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
# Debian's a2enmod looks here
AVAILABLE  = $(DESTDIR)$(shell $(APXS) -q SYSCONFDIR)/mods-available


.PHONY: install uninstall
install: all ## install the module for apxs' httpd; DESTDIR=, PREFIX=
	install -D -m 644 $(MODULE) $(MODULE_DIR)/mod_proxyguard.so
	install -D -m 644 proxyguard.conf $(SHARE_DIR)/proxyguard.conf
	$(if $(COMMAND),install -D -m 755 $(COMMAND) \
	    $(DESTDIR)$(PREFIX)/bin/proxyguard)
	install -D -m 644 docs/proxyguard.1 $(MAN_DIR)/proxyguard.1
	install -D -m 644 packaging/completion/proxyguard \
	    $(COMPLETION_DIR)/proxyguard
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
	    $(DESTDIR)$(PREFIX)/bin/proxyguard $(MAN_DIR)/proxyguard.1 \
	    $(COMPLETION_DIR)/proxyguard \
	    $(AVAILABLE)/proxyguard.load $(AVAILABLE)/proxyguard.conf
	-rmdir $(SHARE_DIR) 2>/dev/null
