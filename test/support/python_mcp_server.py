"""An MCP server made with Python's SDK, of its first line (FastMCP) or its second (MCPServer): what both offer to authors.

Usage: python_mcp_server.py stdio | (http | sse) PORT
"""

import asyncio
from enum import Enum
import json
import sys
from typing import Annotated, Any, Literal

from mcp.types import ResourceLink
from pydantic import BaseModel, Field

try:
    from mcp.server.mcpserver import Context, Image, MCPServer
    from mcp.server.mcpserver.exceptions import ToolError

    LINE = 2
except ModuleNotFoundError:
    from mcp.server.fastmcp import Context, FastMCP, Image
    from mcp.server.fastmcp.exceptions import ToolError

    LINE = 1

STEP_SECONDS = 0.4
HEADERS = ("authorization", "mcp-protocol-version", "x-request-id")
PIXEL = b"\x89PNG\r\n\x1a\n"


class Colour(Enum):
    """What a cable looks like."""

    RED = "red"
    BLUE = "blue"


class Room(BaseModel):
    """A place by its number."""

    kind: Literal["room"] = "room"
    number: int = Field(ge=1)


class Rack(BaseModel):
    """A place in a room."""

    kind: Literal["rack"] = "rack"
    room: Room
    name: str


class Search(BaseModel):
    """What to look for: nested, and a list of alternatives that a field tells apart."""

    places: list[Annotated[Room | Rack, Field(discriminator="kind")]]
    colour: Colour = Colour.RED
    metres: int | Literal["any"] = "any"


class Found(BaseModel):
    """A result with a schema."""

    seen: Search
    note: str | None
    total: int


def find_cables(search: Search, note: str | None = None) -> Found:
    """Finds cables; answers what has arrived."""
    return Found(seen=search, note=note, total=len(search.places))


def list_colours() -> list[str]:
    """Answers a list, which the SDK turns into several texts."""
    return [colour.value for colour in Colour]


def break_down(reason: str) -> str:
    """Fails with a sentence for the model."""
    raise ToolError(f"broken: {reason}")


def draw() -> Image:
    """Answers an image."""
    return Image(data=PIXEL, format="png")


def name_manual() -> ResourceLink:
    """Answers a link."""
    return ResourceLink(type="resource_link", name="manual", uri="https://manual.example.com/cables")


# `Any`: the first line's Context takes its own parameters, the second's others.
async def walk(steps: int, ctx: Context[Any, Any, Any] if LINE == 1 else Context) -> str:
    """Takes its time, and tells how far it is."""
    for step in range(1, steps + 1):
        await asyncio.sleep(STEP_SECONDS)
        await ctx.report_progress(step, steps, f"step {step} of {steps}")
    return f"walked {steps} steps"


def show_headers(ctx: Context[Any, Any, Any] if LINE == 1 else Context) -> str:
    """Answers some headers of the request; of a transport without requests, none."""
    request = ctx.request_context.request
    headers = {} if request is None else dict(request.headers)
    return json.dumps({name: headers[name] for name in HEADERS if name in headers})


TOOLS = (find_cables, list_colours, break_down, walk, show_headers)
# What has no schema of its own for results.
PLAIN_TOOLS = (draw, name_manual)


def main() -> None:
    """Serves until it is killed, or until its input ends."""
    transport, port = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0
    address = {"host": "127.0.0.1", "port": port} if port else {}
    server = MCPServer("python") if LINE == 2 else FastMCP("python", **address)
    for tool in TOOLS:
        server.add_tool(tool)
    for tool in PLAIN_TOOLS:
        server.add_tool(tool, structured_output=False)
    name = "streamable-http" if transport == "http" else transport
    if LINE == 2:
        server.run(name, **address)
    else:
        server.run(name)


if __name__ == "__main__":
    main()
