"""Requests of which no two are alike: other areas, other ids, other users. Lines of a script of `wrk`."""

START = """local number = math.floor(os.clock() * 1000000) + {seed}
wrk.headers["Content-Type"] = "application/json"
function request()
  number = number + 1
  local k = number * 7 % {count}
  local id = {lowest} + k % {users}
  wrk.headers["{header}"] = {user}"""
AREA = """  local w, s = -170 + number * 0.0137 % 340, -60 + number * 0.0071 % 120
  local e, n = w + 0.01, s + 0.01
  local ring = string.format("[%.6f,%.6f],[%.6f,%.6f],[%.6f,%.6f],[%.6f,%.6f],[%.6f,%.6f]", w,s,e,s,e,n,w,n,w,s)
  local geometry = '{{"type":"Polygon","coordinates":[[' .. ring .. ']]}}'
  return wrk.format("POST", "{path}", nil, '{{"type":"Feature","properties":{{}},"geometry":' .. geometry .. '}}')
end"""
ONE = """  return wrk.format("GET", "{path}" .. ({first} + k) .. "/")
end"""
LIST = """  return wrk.format("GET", "{path}?limit=50&offset=" .. (number % 2 * 50))
end"""
SQUARE = [[[85.51, 27.62], [85.52, 27.62], [85.52, 27.63], [85.51, 27.63], [85.51, 27.62]]]
KINDS = {"POST an area": AREA, "GET one area": ONE, "list of 50 areas": LIST}


USERS, LOWEST = 10, 1000
"""Each reads his own areas, a hundred of a thousand."""


def lines(kind: str, path: str, header: str, user: str, seed: int, first: int, count: int) -> list[str]:
    """`user` is the value of the header, in Lua, of the user `id`. All ids of `count` from `first` on exist, and belong
    to the users in turn."""
    start = START.format(seed=seed, header=header, user=user, count=count, lowest=LOWEST, users=USERS)
    return [*start.splitlines(), *KINDS[kind].format(path=path, first=first).splitlines()]
