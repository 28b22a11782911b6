monthly_budget_usd     = 50
monthly_bill_alarm_usd = 100
