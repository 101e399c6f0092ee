// Sorts the table by the column whose heading is pressed. Without scripts, the page lacks nothing else.
for (const heading of document.querySelectorAll("#connections th")) {
  heading.querySelector("button").addEventListener("click", () => {
    const column = heading.cellIndex;
    const ascending = heading.getAttribute("aria-sort") !== "ascending";
    for (const each of heading.parentNode.cells) each.setAttribute("aria-sort", "none");
    heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
    const compare = new Intl.Collator("en", { numeric: true }).compare;
    const body = document.querySelector("#connections tbody");
    const rows = [...body.rows].sort((one, other) => compare(value(one), value(other)) * (ascending ? 1 : -1));
    body.append(...rows);
  });
}
