"""The entities of the TechStore sample that the tests speak of."""

PREMIUM = "Products(1265c7c8-e590-4e99-8dc4-9f872f89bcc6)"
CHAIR = "Products(29386ddb-7cf9-4a1e-bf8d-0afdc6ed5e38)"
MOUSE = "Products(30979d5a-9353-4960-b403-cb75a5878c6c)"
MUG = "Products(3b69c7d4-883b-4e19-ab50-54e9e388df89)"
LAPTOP = "Products(f196ffb2-206e-496e-8d35-005697660c58)"
NOBODY = "Products(00000000-0000-0000-0000-000000000000)"
ELECTRONICS = "Categories(b15d25b7-757e-45ae-8a61-aa4b13e0c9e6)"
FURNITURE = "Categories(88100399-55d5-4076-ab50-4342fb089ad4)"
KITCHEN = "Categories(ce980705-ba1c-46dd-a719-4a8c7f854842)"
IMAGE = "MediaItems(08cce349-3a4a-465b-943b-51a1ddd788b0)"
READ_ONLY = "ReadOnlyItems(e3de47e6-9081-4c5e-9066-cbdd087af636)"
PEN = {"Name": "Pen", "Price": 1.5}
