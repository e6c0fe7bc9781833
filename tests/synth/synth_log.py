#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Access logs without anybody's real visitors, the same for the same seed.

  synth_log.py sensors DIR      two sensors, October 2013 to 23 November 2014,
                                with the attempts a month of SENSORS
  synth_log.py bench FILE MIB [KIND]
                                one log of that size: see KINDS

Names are reserved ones (RFC 2606), addresses are for documentation
(RFC 5737, RFC 3849) or benchmarks (RFC 2544).
"""
import argparse
import calendar
import random
import sys
from datetime import datetime, timedelta, timezone

HOME_SIZE = 11321
MONTHS = [(2013, 10), (2013, 11), (2013, 12)] \
    + [(2014, month) for month in range(1, 12)]
LAST_DAY = 23

# Attempts a month. GET is about the same on both, rises in September and
# October 2014, and is then as high as a year before; CONNECT is low until
# March 2014 and rises steeply from April.
SENSORS = {
    "north": {
        "get": [880, 610, 540, 500, 430, 410, 400, 380, 390, 420, 460, 690,
                900, 640],
        "connect": [14, 22, 17, 25, 31, 38, 260, 540, 830, 1190, 1480, 1720,
                    2050, 1730],
    },
    "south": {
        "get": [860, 640, 520, 480, 450, 400, 410, 370, 400, 410, 480, 720,
                870, 610],
        "connect": [9, 11, 20, 15, 24, 29, 180, 390, 700, 940, 1260, 1390,
                    1610, 1320],
    },
}
CLEAN_A_MONTH = 400

AGENTS = [
    "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 Chrome/38.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:33.0) Gecko/20100101 Firefox/33.0",
    "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)",
    "-",
]
PATHS = ["/", "/index.html", "/style.css", "/robots.txt", "/favicon.ico",
         "/news/2014/entry", "/images/logo.png", "/search?q=http://x/",
         "/shop/item?id=4711&ref=front"]
SITES = ["www", "news", "search", "ads", "video", "mail", "check"]


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def address(self):
        net = self.random.choice(["192.0.2", "198.51.100", "203.0.113"])
        return f"{net}.{self.random.randint(1, 254)}"

    def site(self):
        top = self.random.choice(["com", "net", "org"])
        return f"{self.random.choice(SITES)}.example.{top}"

    def line(self, when, request, status, size):
        stamp = when.strftime("%d/%b/%Y:%H:%M:%S %z")
        agent = self.random.choice(AGENTS)
        return (f'{self.address()} - - [{stamp}] "{request}" {status} {size}'
                f' "-" "{agent}"\n')

    def clean(self, when):
        path = self.random.choice(PATHS)
        size = HOME_SIZE if path == "/" else 200 + len(path) * 311
        return self.line(when, f"GET {path} HTTP/1.1", 200, size)

    def get(self, when):
        site = self.site()
        if self.random.random() < 0.8:      # the own home page, the usual 200
            return self.line(when, f"GET http://{site}/ HTTP/1.1", 200,
                             HOME_SIZE)
        return self.line(when, f"GET http://{site}/azenv.php HTTP/1.1", 404,
                         209)

    def connect(self, when):
        if self.random.random() < 0.6:
            target = f"mx{self.random.randint(0, 3)}.example.com:25"
        else:
            target = f"{self.site()}:443"
        return self.line(when, f"CONNECT {target} HTTP/1.0", 405, 235)

    def moments(self, year, month, count):
        days = calendar.monthrange(year, month)[1]
        if (year, month) == MONTHS[-1]:
            days = LAST_DAY
        first = datetime(year, month, 1, tzinfo=timezone.utc)
        seconds = days * 86400
        for _ in range(count):
            yield first + timedelta(seconds=self.random.randrange(seconds))

    def sensor(self, shape):
        for index, (year, month) in enumerate(MONTHS):
            lines = []
            for make, count in ((self.clean, CLEAN_A_MONTH),
                                (self.get, shape["get"][index]),
                                (self.connect, shape["connect"][index])):
                lines += [(when, make(when))
                          for when in self.moments(year, month, count)]
            for _, line in sorted(lines):
                yield line


def sensors(folder):
    for number, (name, shape) in enumerate(SENSORS.items()):
        with open(f"{folder}/{name}.log", "w", encoding="ascii") as out:
            out.writelines(Maker(20141124 + number).sensor(shape))


# name -> (part of attempts, no line twice, format)
KINDS = {
    "combined": (0.01, False, "combined"),
    "quiet": (0.001, False, "combined"),
    "unrepeated": (0.01, True, "combined"),
    "vhost": (0.01, False, "vhost"),
    "json": (0.01, False, "json"),
    "half": (0.5, False, "combined"),
    "different": (0.5, True, "combined"),
}


def as_json(line, when):
    address, request, rest, agent = (line.split(" ", 1)[0],
                                     *line.split('"')[1:3],
                                     line.split('"')[5])
    status, size = rest.split()
    return (f'{{"time_iso8601":"{when.isoformat()}","remote_addr":"{address}'
            f'","request":"{request}","status":{status},"body_bytes_sent":'
            f'{size},"http_user_agent":"{agent}"}}\n')


def bench_line(maker, when, number, kind):
    part, different, form = KINDS[kind]
    chance = maker.random.random()
    make = maker.clean if chance >= part else (
        maker.get if chance < 0.4 * part else maker.connect)
    line = make(when)
    if different:               # address and site by the number
        line = line.replace(line.split(" ", 1)[0], f"198."
                            f"{18 + (number >> 16 & 1)}."
                            f"{number >> 8 & 255}.{number & 255}", 1)
        line = line.replace(".example.", f"{number}.example.", 1)
    if form == "vhost":
        line = "www.own.example:80 " + line
    return as_json(line, when) if form == "json" else line


def bench(path, mib, kind):
    """A mebibyte is made up, the rest repeats it, unless no line may."""
    maker = Maker(1)
    when = datetime(2014, 10, 1, tzinfo=timezone.utc)
    made = mib if KINDS[kind][1] else 1
    number = 0
    with open(path, "wb") as out:
        block = b""
        for _ in range(made):
            lines, size = [], 0
            while size < 1 << 20:
                when += timedelta(milliseconds=700)
                lines.append(bench_line(maker, when, number, kind))
                size += len(lines[-1])
                number += 1
            block = "".join(lines).encode("ascii")
            out.write(block)
        for _ in range(mib - made):
            out.write(block)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("sensors").add_argument("dir")
    command = commands.add_parser("bench")
    command.add_argument("file")
    command.add_argument("mib", type=int)
    command.add_argument("kind", nargs="?", default="combined",
                         choices=KINDS)
    args = parser.parse_args()
    if args.command == "sensors":
        sensors(args.dir)
    else:
        bench(args.file, args.mib, args.kind)
    return 0


if __name__ == "__main__":
    sys.exit(main())
