package main

import "context"

// proxyProof puts the sample for nginx before an installed appliance, with TLS by a certificate of its own.
func proxyProof(ctx context.Context, l *lab) error {
	repo, err := l.repository(ctx, oldVersion)
	if err != nil {
		return err
	}
	g, err := l.boot(ctx, "bookworm", "proxy", repo)
	if err != nil {
		return err
	}
	defer g.stop()
	return g.stages(ctx, []stage{
		{"installed, with the sample as its site", installByName + `
apt-get install -y -qq flowhq=` + oldVersion + ` flowhq-engine=` + oldVersion + ` >/dev/null 2>&1
await 30 serves
flowhq admin show-setup | sed -n 's/^Password: *//p' | head -1 >/root/password
mkdir -p /etc/letsencrypt/live/bots.example.com
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=bots.example.com -addext \
	subjectAltName=DNS:bots.example.com \
	-keyout /etc/letsencrypt/live/bots.example.com/privkey.pem -out \
	/etc/letsencrypt/live/bots.example.com/fullchain.pem 2>/dev/null
cp /etc/letsencrypt/live/bots.example.com/fullchain.pem /usr/local/share/ca-certificates/bots.crt
update-ca-certificates >/dev/null 2>&1
echo '127.0.0.1 bots.example.com' >>/etc/hosts
sed '' /usr/share/doc/flowhq/examples/nginx.conf >/etc/nginx/sites-available/flowhq
ln -sf ../sites-available/flowhq /etc/nginx/sites-enabled/flowhq; rm -f /etc/nginx/sites-enabled/default
systemctl unmask -q nginx.service; nginx -t -q; systemctl restart nginx.service
printf 'PUBLIC_URL=https://bots.example.com\nTRUSTED_PROXIES=127.0.0.1\n' >>/etc/flowhq/flowhq.env
flowhq reload --all >/dev/null
`},
		{"plain HTTP leads to HTTPS", `
[ "$(curl -s -o /dev/null -w '%{http_code} %{redirect_url}' http://bots.example.com/link/x)" = \
	'301 https://bots.example.com/link/x' ]
`},
		{"links for owners and the portal are open; everything else is not", `
at() { curl -sS -m 10 -o /root/body -w '%{http_code}' -H 'Accept: application/json' "https://bots.example.com$@"; }
[ "$(at /portal/me)" = 401 ] && grep -q 'Invalid portal key' /root/body || fail "/portal/me: $(cat /root/body)"
key=$(sed -n 's/^PORTAL_INTERNAL_KEY=//p' /etc/flowhq/flowhq.env)
[ "$(curl -sS -o /root/body -w '%{http_code}' -H "x-portal-key: $key" -H 'x-user-email: nobody@example.com' \
	https://bots.example.com/portal/me)" = 404 ] && grep -q 'User not found' /root/body ||
	fail "/portal/me: $(cat /root/body)"
at /link/nothing >/dev/null; grep -q nginx /root/body && fail 'nginx answers for /link/' || true
for path in / /admin/tenants /sign-in /api/openapi.yaml /healthz /readyz; do
	[ "$(at $path)" = 404 ] && grep -q nginx /root/body || fail "$path is open: $(cat /root/body)"
done
`},
		{"forwarded headers count from the proxy alone", `
log=/var/log/flowhq/control-plane.log
curl -sS -o /dev/null -H 'x-portal-key: wrong-one' -H 'X-Forwarded-For: 203.0.113.66' https://bots.example.com/portal/me
curl -sS -o /dev/null --interface 127.0.0.2 -H 'x-portal-key: wrong-two' -H 'X-Forwarded-For: 203.0.113.77' \
	http://127.0.0.1:3000/portal/me
sleep 0.3
grep -q '203.0.113' $log && fail "a header that a caller made was believed: $(grep 203.0.113 $log)" || true
grep '"route":"/portal/me"' $log | tail -1 | grep -q '"address":"127.0.0.2"' || fail "$(tail -3 $log)"
curl -sS -o /dev/null -H 'X-Forwarded-For: 198.51.100.9' -H 'X-Forwarded-Proto: https' -H 'Host: bots.example.com' \
	http://127.0.0.1:3000/portal/me
sleep 0.3
grep '"route":"/portal/me"' $log | tail -1 | grep -q '"address":"198.51.100.9"' ||
	fail "the proxy is not believed: $(tail -1 $log)"
`},
		{"the commented block opens the admin pages, to the allowed address alone", `
sed -i -e '/#location ~/,/#}/s/^\(\t*\)#/\1/' -e 's/allow 203.0.113.7;/allow 127.0.0.1;/' \
	/etc/nginx/sites-available/flowhq
nginx -t -q; systemctl reload nginx.service; sleep 0.5
[ "$(curl -sS -o /dev/null -w '%{http_code}' https://bots.example.com/sign-in)" = 200 ] ||
	fail 'the sign-in page is not open'
curl -sS -D - -o /dev/null -u "admin:$(password)" -H 'Accept: text/html' \
	"https://bots.example.com/admin/tenants?password=$(password)" | grep -i '^set-cookie' | grep -qi 'secure' ||
	fail 'cookies are not Secure'
sed -i 's/allow 127.0.0.1;/allow 203.0.113.7;/' /etc/nginx/sites-available/flowhq; systemctl reload nginx.service
sleep 0.5
[ "$(curl -sS -o /dev/null -w '%{http_code}' https://bots.example.com/sign-in)" = 403 ] || fail 'anybody may open it'
sed -i 's/allow 203.0.113.7;/allow 127.0.0.1;/' /etc/nginx/sites-available/flowhq; systemctl reload nginx.service
sleep 0.5
`},
		{"server-sent events pass at once", `
curl -sSN -m 20 -u "admin:$(password)" https://bots.example.com/admin/events >/root/events 2>/dev/null &
sleep 1.5
curl -fsS -o /dev/null -u "admin:$(password)" -H 'Accept: application/json' -H 'Content-Type: application/json' \
	https://bots.example.com/admin/tenants \
	-d '{"name":"B","phone_number":"+255700000001","template_type":"BOOKING","business_name":"B","language":"SW"}'
await 2 grep -q '^data:' /root/events
kill %1 2>/dev/null || true
`},
	})
}
