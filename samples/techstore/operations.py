"""What the shop can do besides keeping things: functions and actions, bound and unbound, some with overloads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from odata_service.operations import OperationContext, OperationSet

from .models import Product, ProductStatus
from .reset import reset_everything, reset_products

operations = OperationSet()
DEAREST = 10
RELATED = 5


@dataclass
class ProductStats:
    totalProducts: int
    averagePrice: float | None
    maxPrice: float | None
    minPrice: float | None


@dataclass
class ProcessResult:
    processed: int
    percentage: float
    minPrice: float | None


@operations.function(bound=Product, collection=True, imported=True, name="GetTopProducts")
def top_products(context: OperationContext, products: Select[Product]) -> Select[Product]:
    return dearest(products, DEAREST)


@operations.function(bound=Product, collection=True, imported=True, name="GetTopProducts")
def so_many_top_products(context: OperationContext, products: Select[Product], count: int) -> Select[Product]:
    return dearest(products, count)


@operations.function(bound=Product, collection=True, imported=True, name="GetTopProducts")
def top_products_of_category(
    context: OperationContext, products: Select[Product], count: int, category: str
) -> Select[Product]:
    return dearest(products.where(Product.Category.has(Name=category)), count)


def dearest(products: Select[Product], count: int) -> Select[Product]:
    return products.order_by(Product.Price.desc()).limit(max(count, 0))


@operations.function(bound=Product)
def GetTotalPrice(context: OperationContext, product: Product, taxRate: float) -> float:
    return product.Price * (1 + taxRate)


@operations.function(bound=Product, collection=True, imported=True)
def GetProductStats(context: OperationContext, products: Select[Product]) -> ProductStats:
    price = products.subquery().c.Price
    row = context.session.execute(select(func.count(), func.avg(price), func.max(price), func.min(price))).one()
    return ProductStats(*row)


@operations.function(bound=Product)
def GetRelatedProducts(context: OperationContext, product: Product) -> Select[Product]:
    same = Product.CategoryID == product.CategoryID
    return context.visible(Product).where(same, Product.ID != product.ID).order_by(Product.Name).limit(RELATED)


@operations.function(bound=Product, collection=True)
def GetAveragePrice(context: OperationContext, products: Select[Product]) -> float | None:
    return context.session.scalar(select(func.avg(products.subquery().c.Price)))


@operations.function(imported=True)
def FindProducts(context: OperationContext, name: str, maxPrice: float) -> Select[Product]:
    found = context.visible(Product).where(Product.Name.contains(name, autoescape=True), Product.Price <= maxPrice)
    return found.order_by(Product.Name)


@operations.function(imported=True, name="Calculate")
def twice(context: OperationContext, value: int) -> int:
    return value * 2


@operations.function(imported=True, name="Calculate")
def together(context: OperationContext, a: int, b: int) -> int:
    return a + b


@operations.function(imported=True, name="Convert")
def convert_text(context: OperationContext, input: str) -> str:
    return f"String: {input}"


@operations.function(imported=True, name="Convert")
def convert_number(context: OperationContext, number: int) -> str:
    return f"Number: {number}"


@operations.function(bound=Product, name="CalculatePrice")
def discounted_price(context: OperationContext, product: Product, discount: float) -> float:
    return product.Price * (1 - discount / 100)


@operations.function(bound=Product, name="CalculatePrice")
def discounted_price_with_tax(context: OperationContext, product: Product, discount: float, tax: float) -> float:
    return product.Price * (1 - discount / 100) * (1 + tax / 100)


@operations.function(bound=Product)
def GetInfo(context: OperationContext, product: Product, format: str) -> str:
    return f"{product.Name}: {product.Price:.2f} ({format})"


@operations.action(bound=Product)
def ApplyDiscount(context: OperationContext, product: Product, percentage: float) -> Product:
    product.Price *= 1 - percentage / 100
    return product


@operations.action(bound=Product)
def IncreasePrice(context: OperationContext, product: Product, amount: float) -> None:
    product.Price += amount


@operations.action(bound=Product)
def Activate(context: OperationContext, product: Product) -> None:
    product.Status = (product.Status | ProductStatus["InStock"]) & ~ProductStatus["Discontinued"]


@operations.action(bound=Product)
def CalculateDiscount(context: OperationContext, product: Product, percentage: float) -> float:
    return product.Price * percentage / 100


@operations.action(bound=Product, collection=True)
def MarkAllAsReviewed(context: OperationContext, products: Select[Product]) -> None:
    for product in context.session.scalars(products.where(Product.Rating == 0)):
        product.Rating = 1


@operations.action(imported=True)
def ResetAllPrices(context: OperationContext) -> int:
    return reset_products(context.session, ("Price",))


@operations.action(imported=True)
def ResetProducts(context: OperationContext) -> None:
    reset_products(context.session)


@operations.action(imported=True, name="Process")
def process(context: OperationContext, percentage: float) -> ProcessResult:
    return ProcessResult(_count(context, context.visible(Product)), percentage, None)


@operations.action(imported=True, name="Process")
def process_from(context: OperationContext, percentage: float, minPrice: float) -> ProcessResult:
    dear = context.visible(Product).where(Product.Price >= minPrice)
    return ProcessResult(_count(context, dear), percentage, minPrice)


def _count(context: OperationContext, products: Select[Any]) -> int:
    return context.session.scalar(select(func.count()).select_from(products.subquery())) or 0


@operations.action(imported=True)
def Reseed(context: OperationContext) -> None:
    reset_everything(context.session)
